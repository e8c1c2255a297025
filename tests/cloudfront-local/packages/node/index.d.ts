export interface Distribution {
  id: string;
  logicalId: string;
  domainName: string;
  url: string;
  tlsUrl: string;
}

export interface Ready {
  controlPlane: string;
  control: string;
  distributions: Distribution[];
  caCertificate: string;
  profile: string;
  seed: number;
  notModelled: string[];
}

export interface StartOptions {
  /** Templates of the app, JSON or YAML. */
  templates: string[];
  /** Where origins really are: id, domain name or `*`, and `http://HOST:PORT`. */
  origins?: Record<string, string>;
  parameters?: Record<string, string>;
  /** Further arguments of the program. */
  options?: string[];
  /** The program, if not the one of this package. */
  command?: string;
}

export interface AskOptions {
  headers?: Record<string, string>;
  /** Index in `ready.distributions`. */
  distribution?: number;
}

export interface Answer {
  status: number;
  headers: Headers;
  /** First word of `X-Cache`. */
  cache: string;
  body: string;
}

export interface CloudFrontLocal {
  readonly ready: Ready;
  get(path: string, options?: AskOptions): Promise<Answer>;
  assertHit(path: string, options?: AskOptions): Promise<Answer>;
  assertMiss(path: string, options?: AskOptions): Promise<Answer>;
  purge(items: string | string[], options?: { distribution?: number; timeoutMs?: number }): Promise<void>;
  stop(): Promise<void>;
}

export function start(options: StartOptions): Promise<CloudFrontLocal>;
