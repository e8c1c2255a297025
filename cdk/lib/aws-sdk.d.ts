// The AWS SDK is part of Lambda's Node.js runtime and is not installed here; its uses are few and tested with fakes.
declare module "@aws-sdk/client-ssm";
declare module "@aws-sdk/client-secrets-manager";
declare module "@aws-sdk/client-cognito-identity-provider";
