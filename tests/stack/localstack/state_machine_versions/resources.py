"""Versions and aliases, made by calls to Step Functions."""

from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
)


def _done(model):
    return ProgressEvent(status=OperationStatus.SUCCESS, resource_model=model)


class StateMachineVersion(ResourceProvider):
    TYPE = "AWS::StepFunctions::StateMachineVersion"
    SCHEMA = {
        "typeName": TYPE,
        "primaryIdentifier": ["/properties/Arn"],
        "readOnlyProperties": ["/properties/Arn"],
        "createOnlyProperties": [
            "/properties/StateMachineArn",
            "/properties/StateMachineRevisionId",
            "/properties/Description",
        ],
        "properties": {
            name: {"type": "string"}
            for name in ("Arn", "StateMachineArn", "StateMachineRevisionId", "Description")
        },
    }

    def create(self, request):
        model = request.desired_state
        # LocalStack's state machine does not say its revision; the current one is published.
        published = request.aws_client_factory.stepfunctions.publish_state_machine_version(
            stateMachineArn=model["StateMachineArn"]
        )
        model["Arn"] = published["stateMachineVersionArn"]
        return _done(model)

    def delete(self, request):
        # LocalStack does not look at DeletionPolicy, and versions are kept.
        return _done(request.desired_state)


class StateMachineAlias(ResourceProvider):
    TYPE = "AWS::StepFunctions::StateMachineAlias"
    SCHEMA = {
        "typeName": TYPE,
        "primaryIdentifier": ["/properties/Arn"],
        "readOnlyProperties": ["/properties/Arn"],
        "createOnlyProperties": ["/properties/Name"],
        "properties": {
            "Arn": {"type": "string"},
            "Name": {"type": "string"},
            "Description": {"type": "string"},
            "RoutingConfiguration": {"type": "array"},
        },
    }

    def create(self, request):
        model = request.desired_state
        made = request.aws_client_factory.stepfunctions.create_state_machine_alias(
            name=model["Name"],
            description=model.get("Description", ""),
            routingConfiguration=_routing(model),
        )
        model["Arn"] = made["stateMachineAliasArn"]
        return _done(model)

    def update(self, request):
        model = request.desired_state
        model["Arn"] = request.previous_state["Arn"]
        request.aws_client_factory.stepfunctions.update_state_machine_alias(
            stateMachineAliasArn=model["Arn"],
            description=model.get("Description", ""),
            routingConfiguration=_routing(model),
        )
        return _done(model)

    def delete(self, request):
        request.aws_client_factory.stepfunctions.delete_state_machine_alias(
            stateMachineAliasArn=request.desired_state["Arn"]
        )
        return _done(request.desired_state)


def _routing(model):
    return [
        {
            "stateMachineVersionArn": route["StateMachineVersionArn"],
            "weight": int(route["Weight"]),
        }
        for route in model["RoutingConfiguration"]
    ]
