"""CloudFormation's resources for versions and aliases of state machines, which LocalStack's Step Functions has and its
CloudFormation lacks."""
