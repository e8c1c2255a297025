"""The entry points that LocalStack finds under the names of the resource types."""

from localstack.services.cloudformation.resource_provider import (
    CloudFormationResourceProviderPlugin,
)


class VersionPlugin(CloudFormationResourceProviderPlugin):
    name = "AWS::StepFunctions::StateMachineVersion"

    def load(self, *args, **kwargs):
        from state_machine_versions.resources import StateMachineVersion

        self.factory = StateMachineVersion


class AliasPlugin(CloudFormationResourceProviderPlugin):
    name = "AWS::StepFunctions::StateMachineAlias"

    def load(self, *args, **kwargs):
        from state_machine_versions.resources import StateMachineAlias

        self.factory = StateMachineAlias
