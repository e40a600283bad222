//! The command line: what may be asked, and the help that says so.

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::answer::Severity;
use crate::report::Format;
use crate::tally::FailOn;
use crate::terminal::Color;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Finds workloads that can reach their host and cluster roles that can write pods
///
/// Bulkhead judges Kubernetes requests and manifests with the same WebAssembly
/// policy that Kubewarden runs at admission. Nothing is sent anywhere.
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
    Rules(Rules),
}

/// Judge recorded requests and manifests
///
/// Reads AdmissionReviews, bare admission requests (JSON, JSON Lines, arrays)
/// and Kubernetes manifests (YAML or JSON, many documents, lists), each
/// recognised by its content, plain or compressed with gzip or Zstandard.
/// Manifests are judged as if they were created now.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  bulkhead replay manifests/                 judge every manifest below a folder
  bulkhead replay reviews.jsonl.gz           judge recorded requests
  kubectl get deploy -A -o yaml | bulkhead replay -
                                             judge what runs in a cluster
  helm template . | bulkhead replay --fail-on high
                                             fail a build on severe findings
  bulkhead replay --format json reviews/ | jq 'select(.allowed == false)'
                                             work on with the findings

Exit codes:
  0  nothing at or above --fail-on
  1  something at or above --fail-on
  2  something could not be read or judged, or settings or usage are wrong")]
pub(crate) struct Replay {
    /// Files and folders to read; `-`, or no input at all, is standard input
    ///
    /// In a folder, files ending in .yaml .yml .json .jsonl .ndjson .log, with
    /// or without .gz or .zst, are read; hidden ones are skipped, and what is no
    /// Kubernetes object is counted as skipped. A file that is named here must
    /// hold Kubernetes objects alone.
    #[arg(value_name = "INPUT")]
    pub(crate) inputs: Vec<PathBuf>,

    /// Judge with this policy.wasm instead of the built-in one
    #[arg(long, value_name = "FILE")]
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

    /// How to report: text by object, the worst first; JSON by case, a line for each
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,

    /// What makes the exit code 1
    ///
    /// `deny`: a request that the policy denies. A severity: a finding that is
    /// at least as bad and not exempted, whatever its action. What the policy
    /// cannot read fails too, unless this is `never`.
    #[arg(long, value_name = "LEVEL", default_value = "deny")]
    pub(crate) fail_on: FailLevel,

    /// How many requests to judge side by side [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,
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

    /// Ask this policy.wasm instead of the built-in one
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,

    /// How to print
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,
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
