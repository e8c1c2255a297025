// Looks at an invalidation until it is done, within a window.
import { setTimeout as pause } from "node:timers/promises";
import { CloudFrontClient, GetInvalidationCommand } from "@aws-sdk/client-cloudfront";
import { serve } from "./runtime.mjs";

const WINDOW = 20_000;
const PAUSE = 1_200;
const cloudfront = new CloudFrontClient({});

serve(async ({ invalidation }) => {
  const end = performance.now() + WINDOW;
  for (;;) {
    const { Invalidation: found } = await cloudfront.send(
      new GetInvalidationCommand({ DistributionId: invalidation.target.distribution, Id: invalidation.id }),
    );
    const settled = found.Status === "Completed";
    if (settled || performance.now() + PAUSE > end) {
      console.log(JSON.stringify({ level: "INFO", message: "looked", status: found.Status }));
      return { ...invalidation, status: found.Status, settled };
    }
    await pause(PAUSE);
  }
});
