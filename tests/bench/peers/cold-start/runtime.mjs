// Lambda's Runtime API, with as little around it as its contract allows.
import http from "node:http";

const [hostname, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const api = "/2018-06-01/runtime/invocation";

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const request = http.request({ hostname, port, method, path, agent, headers }, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => resolve({ headers: answer.headers, body: Buffer.concat(chunks) }));
      answer.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** Answers invocations until Lambda ends the process. */
export async function serve(handler) {
  for (;;) {
    const { headers, body } = await call("GET", `${api}/next`);
    const id = headers["lambda-runtime-aws-request-id"];
    const deadline = Number(headers["lambda-runtime-deadline-ms"]);
    process.env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"];
    const context = {
      awsRequestId: id,
      invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
      functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
      getRemainingTimeInMillis: () => deadline - Date.now(),
    };
    try {
      const answer = await handler(JSON.parse(body), context);
      await call("POST", `${api}/${id}/response`, JSON.stringify(answer));
      process.emit("answered");
    } catch (error) {
      const failure = { errorType: error.name, errorMessage: error.message, trace: error.stack?.split("\n") };
      await call("POST", `${api}/${id}/error`, JSON.stringify(failure));
    }
  }
}
