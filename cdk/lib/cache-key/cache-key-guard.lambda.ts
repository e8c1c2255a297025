/**
 * Runs while CloudFormation deploys: refuses a cache key that replaces another one than was accepted.
 */
import { type Composition, canonical, changes, type HeaderMeaning } from "./cache-key.ts";

/** Properties of the custom resource; all are text. */
export interface GuardedKey {
  readonly ParameterName: string;
  readonly Composition: string;
  readonly Replaces: string;
  readonly Meaning: string;
}

/** What CloudFormation sends to a custom resource. */
export interface CustomResourceEvent {
  readonly RequestType: "Create" | "Update" | "Delete";
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  readonly ResourceProperties: GuardedKey;
  readonly OldResourceProperties?: GuardedKey;
}

/** Reads a parameter; undefined where there is none. */
export type ReadParameter = (name: string) => Promise<string | undefined>;

/** Why the deployment has to stop; undefined where it may go on. */
export async function objection(
  event: CustomResourceEvent,
  read: ReadParameter,
): Promise<string | undefined> {
  if (event.RequestType === "Delete") return undefined;
  const { ParameterName, Composition, Replaces, Meaning } = event.ResourceProperties;
  const deployed = await read(ParameterName);
  if (deployed === undefined) return undefined;
  const now = same(deployed);
  if (now === same(Composition) || now === same(Replaces)) return undefined;
  // A rollback: the outgoing template replaced exactly the key that comes back.
  if (event.OldResourceProperties && same(event.OldResourceProperties.Replaces) === same(Composition)) {
    return undefined;
  }
  const words = changes(JSON.parse(deployed), JSON.parse(Composition), JSON.parse(Meaning) as HeaderMeaning);
  return (
    `the deployed cache key (${ParameterName}) is not the one that was accepted to be replaced. ` +
    `This deployment would mean: ${words.join("; ")}. Bring the lock file to what is deployed, then accept the ` +
    'change with "make accept-cache-key"'
  );
}

function same(text: string): string {
  return canonical(JSON.parse(text) as Composition);
}

/** The function's entry. */
export async function handler(event: CustomResourceEvent): Promise<void> {
  let reason: string | undefined;
  try {
    reason = await objection(event, readFromSsm);
  } catch (error) {
    reason = `the deployed cache key could not be compared: ${(error as Error).message}`;
  }
  console.log(JSON.stringify({ level: reason ? "ERROR" : "INFO", requestType: event.RequestType, reason }));
  const answer = await fetch(event.ResponseURL, {
    method: "PUT",
    // CloudFormation signs the address for an empty content type, and takes at most 4 KiB.
    headers: { "content-type": "" },
    body: JSON.stringify({
      Status: reason ? "FAILED" : "SUCCESS",
      Reason: reason?.slice(0, 3000) ?? "accepted",
      PhysicalResourceId: event.PhysicalResourceId ?? event.ResourceProperties.ParameterName,
      StackId: event.StackId,
      RequestId: event.RequestId,
      LogicalResourceId: event.LogicalResourceId,
    }),
  });
  if (!answer.ok) throw new Error(`CloudFormation answered ${answer.status}`);
}

async function readFromSsm(name: string): Promise<string | undefined> {
  const { GetParameterCommand, SSMClient } = await import("@aws-sdk/client-ssm");
  try {
    const { Parameter } = await new SSMClient({}).send(new GetParameterCommand({ Name: name }));
    return Parameter?.Value;
  } catch (error) {
    if ((error as Error).name === "ParameterNotFound") return undefined;
    throw error;
  }
}
