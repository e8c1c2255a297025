// Asks CloudFront for one purge of a tenant's cache tag.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  CloudFrontClient,
  CreateInvalidationCommand,
  GetDistributionConfigCommand,
} from "@aws-sdk/client-cloudfront";
import { serve } from "./runtime.mjs";

const distribution = process.env.DISTRIBUTION_ID;
const contract = JSON.parse(readFileSync(join(process.env.LAMBDA_TASK_ROOT, "contract.json"), "utf8"));
const cloudfront = new CloudFrontClient({});

serve(async (event) => {
  if (event.ordinal === 1) {
    const { DistributionConfig } = await cloudfront.send(new GetDistributionConfigCommand({ Id: distribution }));
    const header = DistributionConfig?.CacheTagConfig?.HeaderName ?? "";
    if (header.toLowerCase() !== contract.tagHeader.toLowerCase()) {
      throw new Error(`the distribution reads cache tags from ${header}`);
    }
  }
  const item = `#${contract.tagPrefix}${event.tenant}`;
  const reference = [event.execution.Id, event.ordinal, item].join("\n");
  const { Invalidation: created } = await cloudfront.send(
    new CreateInvalidationCommand({
      DistributionId: distribution,
      InvalidationBatch: {
        Paths: { Quantity: 1, Items: [item] },
        CallerReference: createHash("sha256").update(reference).digest("hex"),
      },
    }),
  );
  console.log(JSON.stringify({ level: "INFO", message: "invalidation created", invalidation: created.Id }));
  return {
    id: created.Id,
    target: { distribution },
    items: [item],
    ordinal: event.ordinal,
    createTime: created.CreateTime.toISOString(),
    status: "InProgress",
  };
});
