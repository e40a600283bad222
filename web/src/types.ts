export type Severity = "low" | "medium" | "high" | "critical";
export type Action = "deny" | "warn" | "audit";
export type Alert = "host-access" | "pod-write";

/** Where something starts in an input. All count from 1. */
export interface Place {
  line: number;
  /** Which document of the input; in JSON Lines always 1. */
  document: number;
  /** Which item of the document's list or array; 1 where there is none. */
  item: number;
}

/** One character of an input. Line and column count from 1, columns in characters. */
export interface Position {
  line: number;
  column: number;
}

/** One thing found in an input. */
export type Item = Case | Gap | Skipped | Broken;

/** Whether settings are valid, and what is wrong with them: all as Kubewarden is told, and each. */
export interface SettingsValidation {
  valid: boolean;
  message?: string;
  mistakes?: {
    /** What is wrong, behind the path of the setting. */
    text: string;
    /** Of settings that are a text, where; null where that cannot be told. */
    line: number | null;
  }[];
}

/** A request of an audit log that matters and cannot be judged. */
export interface Gap {
  type: "gap";
  /** Of which input, counted from 0: a request may begin in one file of a log and be told of in the next. */
  input: number;
  place: Place;
  request: Partial<RequestSummary>;
  audit: Audit;
  reason: "no-body" | "truncated" | "refused-unread" | "no-base" | "unapplied" | "unfinished" | "too-large";
  message: string;
}

/** Something that is no Kubernetes object. */
export interface Skipped {
  type: "skipped";
  place: Place;
  message: string;
}

/** Something that could not be read. */
export interface Broken {
  type: "broken";
  line: number;
  message: string;
}

/** Records of logs that were read and that nobody needs to see, counted. */
export interface Passed {
  /** Events of requests that can change nothing that is judged. */
  irrelevant: number;
  /** Events of other stages of requests that are told of. */
  stages: number;
  /** Records of other logs. */
  other: number;
}

/** What an audit event tells beside the request. */
export interface Audit {
  id: string;
  /** The cluster, by the name that its cloud has for it, where the log says it. */
  cluster?: string;
  /** When the request came: RFC 3339, in UTC. */
  time: string;
  /** How it ended. */
  outcome: string;
  /** Who or what refused it. */
  refusedBy: string | null;
  /** Of what was refused or failed: what the API server answered, at most 1 KiB of it. */
  message: string | null;
  /** The HTTP status code. */
  code: number | null;
  /** What the log knows of the object before the request. */
  before: "absent" | "known" | "unknown";
  /** Which object was judged. */
  object: "after" | "sent" | "patched" | "none";
  actor: Actor;
  /** For what a controller of Kubernetes wrote: the write that it follows from. */
  cause: Record<string, unknown> | null;
  claimedDelivery: string | null;
  /** How somebody got into a pod. */
  use?: { container: string | null; command: string[] };
}

/** What cases of an audit log with the same findings in the same workload belong to. */
export interface Incident {
  /** The same in every log, and in the reports of the command. */
  id: string;
  /** Such as the Deployment of a pod. */
  workload: { group: string; kind: string; namespace: string; name: string; cluster?: string };
}

/** Who asked. */
export interface Actor {
  user: string;
  groups: string[];
  /** As whom they acted, if not as themselves. */
  impersonated: { user: string; groups: string[] } | null;
  serviceAccount: { namespace: string; name: string; pod: string | null; node: string | null } | null;
  credential: string | null;
  principal: string | null;
  session?: string;
  sourceIP: string | null;
  /** Addresses that only the client told. */
  claimedIPs?: string[];
  claimedUserAgent: string | null;
  authorizedBy: string | null;
}

/** A request in short. What it does not say is null. */
export interface RequestSummary {
  operation: "CREATE" | "UPDATE" | "DELETE" | "CONNECT" | null;
  group: string | null;
  version: string | null;
  kind: string | null;
  subresource: string | null;
  namespace: string | null;
  name: string | null;
  user: string | null;
  dryRun: boolean;
}

/** One place of a role that grants an ability. */
export interface GrantPlace {
  path: string;
  resource: string;
  verbs: string[];
}

/** A finding in full. */
export interface Finding {
  rule: string;
  /** Null for `unreadable`. */
  alert: Alert | null;
  severity: Severity;
  /** What happens because of it. */
  action: Action;
  /** RFC 6901 pointer, from the object, of the smallest part whose removal ends the finding; of pod
   * write, which may take more to end it, the place that makes it as bad as it is. */
  path: string;
  container: string | null;
  value: string;
  /** What an attacker gains by it. */
  message: string;
  /** What to do about it. */
  fix: string;
  /** Whether the old object did not have it, or had it milder. */
  new: boolean;
  refusedByBaseline: boolean | null;
  exempted: { index: number; reason: string } | null;
  /** Only of pod write, as are the following. */
  grant?: "direct" | "indirect";
  grants?: GrantPlace[];
  resourceNames?: string[] | null;
  /** The first version of Kubernetes in which the ability is not given any more. */
  until?: string | null;
}

/** The answer of `inspect`. Fields may be added, never renamed. */
export interface Inspection {
  version: 1;
  request: RequestSummary;
  /** Where the request comes from, if there is more to say than who sent it. */
  origin: Record<string, unknown> | null;
  /** Whether any rule was asked. */
  judged: boolean;
  allowed: boolean;
  /** The worst first; at most 256. */
  findings: Finding[];
  /** How many there were beyond those. */
  omitted: number;
  /** Of a role: what makes its holder able to hand abilities to others. */
  powers?: { power: string; grants: GrantPlace[]; resourceNames: string[] | null }[];
  /** What `validate` answers. */
  response: PolicyResponse;
}

/** What Kubernetes is told, in Kubewarden's shape. */
export interface PolicyResponse {
  accepted: boolean;
  message?: string;
  code?: number;
  audit_annotations?: { findings: string };
  warnings?: string[];
}

/** A rule with its help. */
export interface Rule {
  id: string;
  alert: Alert | null;
  title: string;
  /** That of the plainest case. */
  severity: Severity;
  /** Of MITRE ATT&CK. */
  techniques: string[];
  podSecurity: string | null;
  finds: string;
  why: string;
  /** A manifest, or a part of one, that has the finding. */
  bad: string;
  /** The same without it. */
  good: string;
  fix: string;
  references: string[];
}

/** Every rule, in reading order. */
export interface Catalog {
  version: 1;
  policy: { name: string; version: string };
  alerts: { id: Alert; title: string }[];
  rules: Rule[];
}
