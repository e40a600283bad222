//! The command line: what may be asked, and the help that says so.

mod ability;
mod show;

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::answer::Severity;
use crate::report::Format;
use crate::tally::FailOn;
use crate::terminal::Color;
use ability::Ability;
use show::Show;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Finds workloads that can reach their host and cluster roles that can write pods
///
/// Bulkhead judges Kubernetes requests and manifests with the same WebAssembly
/// policy that Kubewarden runs at admission. Nothing of it is sent anywhere.
#[derive(Debug, Parser)]
#[command(name = "bulkhead", version, styles = STYLES, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Replay(Replay),
    Rbac(Rbac),
    Rules(Rules),
    /// Print an audit policy by whose log `replay` can tell who wrote what
    AuditPolicy,
    Completions(Completions),
    Man(Man),
}

/// Judge recorded requests, audit logs and manifests
///
/// Reads AdmissionReviews, bare admission requests, audit events (JSON, JSON
/// Lines, arrays, lists; plain, or as EKS, GKE, AKS, OVH and forwarders of logs
/// deliver them) and Kubernetes manifests (YAML or JSON, many documents, lists),
/// each recognised by its content, plain or compressed with gzip or Zstandard.
/// Manifests are judged as if they were created now. Of an audit log, each
/// request that matters is judged by what it left behind, and told with who sent
/// it and how it ended; give its files in the order of time: the summary names two
/// that are more than a day out of order, and one that has the newest first.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  bulkhead replay manifests/                 judge every manifest below a folder
  bulkhead replay reviews.jsonl.gz           judge recorded requests
  bulkhead replay /var/log/kubernetes/audit/ see who did what, and how it ended
  bulkhead replay --follow audit.log --format json --checkpoint state --output alerts.jsonl
                                             write an alert for each case as it comes
  kubectl get deploy -A -o yaml | bulkhead replay -
                                             judge what runs in a cluster
  helm template . | bulkhead replay --fail-on high
                                             fail a build on severe findings
  bulkhead replay --format json reviews/ | jq 'select(.allowed == false)'
                                             work on with the findings
  bulkhead replay --format sarif --output bulkhead.sarif deploy/
                                             show them in code scanning
  kubectl get deploy -A -o yaml | bulkhead replay --format openreports - | kubectl apply -f -
                                             keep them in the cluster

Exit codes:
  0  nothing at or above --fail-on; without --strict also where nothing was judged, which standard
     error says
  1  something at or above --fail-on
  2  something could not be read or judged, or settings or usage are wrong")]
pub(crate) struct Replay {
    /// Files and folders to read; `-`, or no input at all, is standard input
    ///
    /// In a folder, files ending in .yaml .yml .json .jsonl .ndjson .log, with
    /// or without .gz or .zst, are read, and hidden ones are skipped. So is what is
    /// no Kubernetes object, and the summary says where that is. A file that is
    /// named here must hold Kubernetes objects alone.
    #[arg(value_name = "INPUT")]
    pub(crate) inputs: Vec<PathBuf>,

    /// Judge with this policy.wasm instead of the built-in one
    ///
    /// A file, or a policy in a registry, with a tag or a digest, such as
    /// oci://ghcr.io/bulkhead-policies/bulkhead:v0.1.0 (registry:// is the same).
    /// It is fetched over TLS, on the loopback alone without, with the login of
    /// `docker login` where one is wanted, and held against its digest.
    #[arg(long, value_name = "POLICY")]
    pub(crate) policy: Option<PathBuf>,

    /// The policy's settings, as YAML or JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,

    /// What the cluster held before: where the policy asks its host
    ///
    /// For the setting `clusterContext: true`. The policy is answered from the
    /// cluster roles, roles, volumes and claims that the input wrote so far, over
    /// those of this file: what `kubectl get
    /// clusterroles,roles,persistentvolumes,persistentvolumeclaims -A -o json`
    /// prints. Read as inputs are, with nothing left out; may be given more than once.
    #[arg(long, value_name = "SNAPSHOT")]
    pub(crate) cluster: Vec<PathBuf>,

    /// How many MiB of objects from audit logs to remember
    ///
    /// A change is measured against the object before it, and a patch is applied to it, where the
    /// log has shown that. When there is no more room, the objects that were touched longest ago
    /// are forgotten, and the summary says so.
    #[arg(long, value_name = "MIB", default_value_t = 64)]
    pub(crate) remember: u16,

    /// How to report: text by object, the worst first; JSON by case; or what other programs read
    ///
    /// All but text are written as the input is read. Each has every finding; what could not be read or
    /// judged is told too. Reports in the formats of other programs need a time for what has none
    /// of its own, as manifests and reviews: that of the replay, or of SOURCE_DATE_EPOCH. With
    /// --follow, a format that is one document (sarif, junit, openreports) is refused.
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,

    /// What makes the exit code 1
    ///
    /// `deny`: a request that the policy denies. A severity: a finding that is
    /// at least as bad and not exempted, whatever its action. What the policy
    /// cannot read fails too, unless this is `never`.
    #[arg(long, value_name = "LEVEL", default_value = "deny")]
    pub(crate) fail_on: FailLevel,

    /// Go on reading a log that is being written, across its rotation, and tell of each case at once
    #[arg(long)]
    pub(crate) follow: bool,

    /// Keep in this file how far the log was told of, and go on from there
    ///
    /// With --output, a report that was cut off at any moment goes on as if nothing had happened:
    /// it is cut back to the checkpoint, so that nothing is told twice and nothing is left out. On
    /// standard output, what was told after the checkpoint is told again; the `audit.id` of each
    /// case is the same.
    #[arg(long, value_name = "FILE", requires = "follow")]
    pub(crate) checkpoint: Option<PathBuf>,

    /// Write the report to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Exit with 2 if a request of an audit log matters and cannot be judged, or if nothing was judged
    ///
    /// Nothing was judged where the input has no request, no Kubernetes object and no audit event, as
    /// a folder of templates that are still to be rendered. JUnit has an error then.
    #[arg(long)]
    pub(crate) strict: bool,

    /// How many requests to judge side by side [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,

    #[command(flatten)]
    pub(crate) show: Show,
}

/// List who can write pods, and where, in a snapshot of a cluster
///
/// Reads roles and bindings, as kubectl prints them or as manifests, and lists
/// for each role what it grants of the seven abilities to write pods, by which
/// rules, and who holds it by which binding: the worst first. A cluster role
/// that a RoleBinding gives holds in that namespace alone. What a role grants
/// is the policy's to say; aggregated roles are resolved. Groups are listed as
/// they are: who is in them, only the cluster's authentication knows.
#[derive(Args, Debug)]
#[command(
    after_help = "What Kubernetes' own components hold is counted, and shown with --all. It counts
as theirs if all of this is so: role and binding have the same name, one that
Kubernetes gives (system:kube-scheduler, system:controller:job-controller, …);
both are labelled kubernetes.io/bootstrapping=rbac-defaults; and the subject is
the component that the role is for: User/system:kube-scheduler, say, or the
service account of that controller in kube-system. Their rules are not compared.

Examples:
  kubectl get clusterroles,roles,clusterrolebindings,rolebindings -A -o json |
    bulkhead rbac --cluster -        who can write pods, and where
  bulkhead rbac --cluster c.json --ability exec --namespace payments
                                     who can run commands in these pods
  bulkhead rbac --cluster c.json --subject ServiceAccount/ci/deployer
                                     what the account of a pipeline can do
  bulkhead rbac --cluster c.json --who-can-grant
                                     who can write or bind roles that do so
  bulkhead rbac --cluster manifests/ --fail-on high
                                     fail a build on what manifests grant

Exit codes:
  0  listed, and nothing at or above --fail-on
  1  something at or above --fail-on
  2  something could not be read or judged, or settings or usage are wrong"
)]
pub(crate) struct Rbac {
    /// The roles and bindings: a file, a folder, or `-` for standard input
    ///
    /// Read as inputs of `replay` are; in a file that is named here, everything
    /// must be a Kubernetes object. May be given more than once.
    #[arg(long, value_name = "SNAPSHOT", required = true)]
    pub(crate) cluster: Vec<PathBuf>,

    /// List who can grant pod write instead, and the shortest chain that makes it so
    ///
    /// Who can write a cluster role that grants pod write, or bind one: with
    /// `escalate` or `bind`, or by holding pod write; as a member of
    /// system:masters; or by acting as somebody who can, in any number of
    /// steps: impersonation, tokens and the secrets that keep them, client
    /// certificates, and pods that run as a service account of their namespace.
    #[arg(long, conflicts_with_all = ["ability", "namespace", "fail_on"])]
    pub(crate) who_can_grant: bool,

    /// Only this ability: create, modify, delete, scale, status, storage, exec, or its rule
    #[arg(long, value_name = "ABILITY")]
    pub(crate) ability: Option<Ability>,

    /// Only what this subject holds
    ///
    /// `User/bob`, `Group/system:masters`, `ServiceAccount/team-a/deployer`, or
    /// the name alone. What everybody of its kind holds is its own, too.
    #[arg(long, value_name = "SUBJECT")]
    pub(crate) subject: Option<String>,

    /// Only what holds in this namespace, whether there alone or everywhere
    #[arg(long, value_name = "NAMESPACE")]
    pub(crate) namespace: Option<String>,

    /// Show also what Kubernetes' own components hold
    #[arg(long)]
    pub(crate) all: bool,

    /// How to list: text by role; JSON or CSV with a line for each ability that somebody holds
    ///
    /// Roles that are bound to nobody are in the text alone. JSON and CSV have no line for them, and
    /// standard error says how many there are.
    #[arg(long, default_value = "text")]
    pub(crate) format: RbacFormat,

    /// What makes the exit code 1: an ability at least as severe, of what was asked for
    ///
    /// Also one of a role that is bound to nobody, whatever the format.
    #[arg(long, value_name = "LEVEL", default_value = "never")]
    pub(crate) fail_on: SeverityLevel,

    /// Ask this policy.wasm instead of the built-in one: a file, or oci://… as for `replay`
    #[arg(long, value_name = "POLICY")]
    pub(crate) policy: Option<PathBuf>,

    /// The policy's settings, as YAML or JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
}

/// How `bulkhead rbac` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RbacFormat {
    /// For a person
    Text,
    /// For programs
    Json,
    /// For spreadsheets
    Csv,
}

/// What `--fail-on` of `bulkhead rbac` takes.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SeverityLevel {
    Low,
    Medium,
    High,
    Critical,
    Never,
}

impl SeverityLevel {
    /// Whether this severity is as bad.
    pub(crate) fn is_reached(self, severity: Severity) -> bool {
        match self {
            Self::Low => severity >= Severity::Low,
            Self::Medium => severity >= Severity::Medium,
            Self::High => severity >= Severity::High,
            Self::Critical => severity >= Severity::Critical,
            Self::Never => false,
        }
    }
}

/// List the policy's rules, or explain one
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  bulkhead rules                 list all rules
  bulkhead rules host-path       explain one
  bulkhead rules --format json   the whole catalogue for programs")]
pub(crate) struct Rules {
    /// The rule to explain
    #[arg(value_name = "ID")]
    pub(crate) id: Option<String>,

    /// Ask this policy.wasm instead of the built-in one: a file, or oci://… as for `replay`
    #[arg(long, value_name = "POLICY")]
    pub(crate) policy: Option<PathBuf>,

    /// How to print
    #[arg(long, default_value = "text")]
    pub(crate) format: RulesFormat,
}

/// How `bulkhead rules` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RulesFormat {
    /// For a person
    Text,
    /// For programs
    Json,
}

/// Print what a shell completes the command by
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  bulkhead completions bash > ~/.local/share/bash-completion/completions/bulkhead
  bulkhead completions zsh > ~/.zfunc/_bulkhead
  bulkhead completions fish > ~/.config/fish/completions/bulkhead.fish")]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: Shell,
}

/// Print a manual page
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  bulkhead man | man -l -
  bulkhead man replay > bulkhead-replay.1")]
pub(crate) struct Man {
    /// The page of this command, in place of that of them all
    pub(crate) command: Option<String>,
}

/// What `--fail-on` takes.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum FailLevel {
    Deny,
    Low,
    Medium,
    High,
    Critical,
    Never,
}

impl From<FailLevel> for FailOn {
    fn from(level: FailLevel) -> Self {
        match level {
            FailLevel::Deny => Self::Deny,
            FailLevel::Low => Self::Severity(Severity::Low),
            FailLevel::Medium => Self::Severity(Severity::Medium),
            FailLevel::High => Self::Severity(Severity::High),
            FailLevel::Critical => Self::Severity(Severity::Critical),
            FailLevel::Never => Self::Never,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::CommandFactory;

    #[test]
    fn is_consistent() {
        Cli::command().debug_assert();
    }
}
