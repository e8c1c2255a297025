/**
 * Rotates the service user's password: Secrets Manager calls it with one step after the other, the first time right
 * after deployment. A password set by an administrator is permanent, so no login ends in a challenge.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
 */

/** What Secrets Manager sends. */
export interface RotationEvent {
  readonly Step: "createSecret" | "setSecret" | "testSecret" | "finishSecret";
  readonly SecretId: string;
  readonly ClientRequestToken: string;
}

/** The secret's value. */
export interface ServiceUser {
  readonly username: string;
  readonly password: string;
}

/** What the steps need of AWS. */
export interface Rotation {
  /** The stages of each version of the secret. */
  versions(secret: string): Promise<Readonly<Record<string, readonly string[]>>>;
  /** The value at a stage, of a version where one is given; undefined where there is none. */
  read(secret: string, stage: string, version?: string): Promise<ServiceUser | undefined>;
  /** A new password. */
  newPassword(): Promise<string>;
  /** Stores a value as the pending version. */
  store(secret: string, version: string, user: ServiceUser): Promise<void>;
  /** Makes `version` the current one. */
  promote(secret: string, version: string, from: string | undefined): Promise<void>;
  /** Sets a user's permanent password. */
  setPassword(user: ServiceUser): Promise<void>;
  /** The name of the challenge that a login ends in; undefined where it ends in tokens. */
  login(user: ServiceUser): Promise<string | undefined>;
}

/** Does one step. Every step may come twice. */
export async function rotate(event: RotationEvent, aws: Rotation): Promise<void> {
  const { SecretId: secret, ClientRequestToken: version } = event;
  const versions = await aws.versions(secret);
  const stages = versions[version];
  if (!stages) throw new Error(`version ${version} is not one of the secret's`);
  if (stages.includes("AWSCURRENT")) return;
  if (!stages.includes("AWSPENDING")) throw new Error(`version ${version} is not pending`);

  if (event.Step === "createSecret") {
    if (await aws.read(secret, "AWSPENDING", version)) return;
    const current = await aws.read(secret, "AWSCURRENT");
    if (!current) throw new Error("the secret has no current version");
    await aws.store(secret, version, { ...current, password: await aws.newPassword() });
    return;
  }
  if (event.Step === "finishSecret") {
    const from = Object.keys(versions).find((each) => versions[each]?.includes("AWSCURRENT"));
    await aws.promote(secret, version, from);
    return;
  }
  const pending = await aws.read(secret, "AWSPENDING", version);
  if (!pending) throw new Error(`version ${version} has no value yet`);
  if (event.Step === "setSecret") {
    await aws.setPassword(pending);
    return;
  }
  const challenge = await aws.login(pending);
  if (challenge) throw new Error(`login of ${pending.username} ends in the challenge ${challenge}`);
}

/** The function's entry. */
export async function handler(event: RotationEvent): Promise<void> {
  await rotate(event, await onAws(process.env.USER_POOL_ID as string, process.env.CLIENT_ID as string));
}

async function onAws(userPoolId: string, clientId: string): Promise<Rotation> {
  const secrets = await import("@aws-sdk/client-secrets-manager");
  const cognito = await import("@aws-sdk/client-cognito-identity-provider");
  const manager = new secrets.SecretsManagerClient({});
  const pool = new cognito.CognitoIdentityProviderClient({});
  return {
    async versions(secret) {
      const described = await manager.send(new secrets.DescribeSecretCommand({ SecretId: secret }));
      return described.VersionIdsToStages ?? {};
    },
    async read(secret, stage, version) {
      try {
        const value = await manager.send(
          new secrets.GetSecretValueCommand({ SecretId: secret, VersionStage: stage, VersionId: version }),
        );
        return JSON.parse(value.SecretString);
      } catch (error) {
        if ((error as Error).name === "ResourceNotFoundException") return undefined;
        throw error;
      }
    },
    async newPassword() {
      const answer = await manager.send(
        new secrets.GetRandomPasswordCommand({ PasswordLength: 32, RequireEachIncludedType: true }),
      );
      return answer.RandomPassword;
    },
    async store(secret, version, user) {
      await manager.send(
        new secrets.PutSecretValueCommand({
          SecretId: secret,
          ClientRequestToken: version,
          SecretString: JSON.stringify(user),
          VersionStages: ["AWSPENDING"],
        }),
      );
    },
    async promote(secret, version, from) {
      await manager.send(
        new secrets.UpdateSecretVersionStageCommand({
          SecretId: secret,
          VersionStage: "AWSCURRENT",
          MoveToVersionId: version,
          RemoveFromVersionId: from,
        }),
      );
    },
    async setPassword(user) {
      await pool.send(
        new cognito.AdminSetUserPasswordCommand({
          UserPoolId: userPoolId,
          Username: user.username,
          Password: user.password,
          Permanent: true,
        }),
      );
    },
    async login(user) {
      const answer = await pool.send(
        new cognito.AdminInitiateAuthCommand({
          UserPoolId: userPoolId,
          ClientId: clientId,
          AuthFlow: "ADMIN_USER_PASSWORD_AUTH",
          AuthParameters: { USERNAME: user.username, PASSWORD: user.password },
        }),
      );
      return answer.AuthenticationResult ? undefined : (answer.ChallengeName ?? "(no name)");
    },
  };
}
