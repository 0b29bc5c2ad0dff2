/** How a server is started. */
export interface Options {
  /** The grantd program; `grantd` on the path, if none is given. */
  program?: string;
  /** Who and what is there (TOML); the users and the app of the API's documentation, if none is given. */
  seedFile?: string;
  /** What made tokens follow from; 1, if none is given. */
  seed?: number;
  /** Where the clock stands (RFC 3339); without it, it runs. */
  clock?: string;
  /** More arguments for `grantd dev`. */
  arguments?: string[];
}

export interface User {
  login: string;
  id: number;
  password: string;
  email: string;
  site_admin: boolean;
  otp_secret: string | null;
  otpauth_url: string | null;
  recovery_codes: string[];
}

export interface App {
  name: string;
  client_id: string;
  client_secret: string | null;
  owner: string;
  callback_urls: string[];
}

export interface Token {
  id: number;
  user: string;
  app: string | null;
  token: string;
  scopes: string[];
  note: string | null;
  fingerprint: string | null;
  grant_id: number | null;
}

export interface Mail {
  at: string;
  to: string;
  subject: string;
  text: string;
}

/** One side of an entry. Names of headers are in lower case. */
export interface Side {
  headers: Record<string, string>;
  body?: string;
  body_base64?: string;
  truncated?: true;
}

export interface Entry {
  id: number;
  at: string;
  took_ms: number;
  request: Side & { method: string; path: string; query: string };
  /** Null when the connection was cut before anything was answered. */
  response: (Side & { status: number }) | null;
  fault?: number;
}

/** Which requests meet a fault, and how often. */
export interface Where {
  method?: string;
  /** `*` stands for anything; with or without `/api/v3`. */
  path?: string;
  /** So many fitting requests pass first. */
  after?: number;
  /** So many meet it then: 1, if nothing is said; 0 for all. */
  times?: number;
  /** Milliseconds before anything else happens. */
  delay_ms?: number;
}

export type Fault = Where & {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
  cut?: "before" | "after" | "half";
  rate_limit_spent?: number;
  brownout?: boolean;
};

export interface Clock {
  now(): Promise<Date>;
  set(now: Date | string, running?: boolean): Promise<Date>;
  /** Moves it by seconds, and does what is due by then. */
  advance(seconds: number): Promise<Date>;
  stop(): Promise<Date>;
  run(): Promise<Date>;
}

export interface Journal {
  entries(wanted?: { after?: number; method?: string; path?: string }): Promise<Entry[]>;
  last(): Promise<Entry>;
  clear(): Promise<void>;
}

/** Each way to make a fault resolves to its number. */
export interface Faults {
  add(fault: Fault): Promise<number>;
  status(status: number, where?: Where & { headers?: Record<string, string>; body?: unknown }): Promise<number>;
  delay(milliseconds: number, where?: Where): Promise<number>;
  cut(when: "before" | "after" | "half", where?: Where): Promise<number>;
  rateLimit(limit?: number, where?: Where): Promise<number>;
  brownout(where?: Where): Promise<number>;
  remove(number: number): Promise<void>;
  clear(): Promise<void>;
}

export declare class GrantdError extends Error {}

/** A `grantd dev` of one's own. */
export declare class Grantd {
  static start(options?: Options): Promise<Grantd>;
  /** Where people go. */
  readonly url: string;
  /** What clients take for the API; it ends in /api/v3. */
  readonly apiUrl: string;
  readonly devUrl: string;
  /** By login. */
  readonly users: Record<string, User>;
  /** By name. */
  readonly apps: Record<string, App>;
  /** In the order of the seed. */
  readonly tokens: Token[];
  readonly clock: Clock;
  readonly journal: Journal;
  readonly faults: Faults;
  /** What the server said on standard error. */
  readonly log: string[];
  /** The one-time code of a user at the server's time. */
  otp(login: string): Promise<string>;
  /** Mails since the last reset. */
  mails(): Promise<Mail[]>;
  /** The beginning again. */
  reset(): Promise<void>;
  /** Asks the control API. */
  dev(method: string, path: string, body?: unknown): Promise<any>;
  stop(): Promise<void>;
}

/**
 * Registers hooks of node:test: one server for the suite, reset before each test, stopped at the end.
 * What is returned may be used from the first test on.
 */
export declare function useGrantd(options?: Options): Grantd;
