/**
 * Runs while CloudFormation deploys: refuses a cache key that replaces another one than was accepted.
 */
import { type Composition, changes, type HeaderMeaning } from "./composition.ts";
import { digestOf, fromRecord } from "./record.ts";

/** Properties of the custom resource; all are text. */
export interface GuardedKey {
  readonly ParameterName: string;
  readonly Composition: string;
  readonly Earlier: string;
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
  const { ParameterName, Composition, Earlier, Meaning } = event.ResourceProperties;
  const record = await read(ParameterName);
  if (record === undefined) return undefined;
  const deployed = fromRecord(record);
  const wanted = JSON.parse(Composition) as Composition;
  const digest = digestOf(deployed);
  if (digest === digestOf(wanted) || digests(Earlier).includes(digest)) return undefined;
  // A rollback: the outgoing template could replace the key that comes back.
  const outgoing = event.OldResourceProperties;
  if (outgoing && digests(outgoing.Earlier).includes(digestOf(wanted))) return undefined;
  const words = changes(deployed, wanted, JSON.parse(Meaning) as HeaderMeaning);
  return (
    `the deployed cache key (${ParameterName}) was never accepted in the lock file of this deployment. ` +
    `This deployment would mean: ${words.join("; ")}. ` +
    `If that is meant, add "${digest}" to "earlier" in the lock file, and deploy again`
  );
}

function digests(text: string): string[] {
  return JSON.parse(text) as string[];
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
