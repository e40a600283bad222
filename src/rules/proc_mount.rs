//! `proc-mount`: a container that sees all of `/proc`.

use crate::pod::Pod;
use crate::rule::{Alert, Check, Evidence, Help, Rule, Severity};
use crate::settings::Settings;
use crate::text::quoted;
use crate::version::Version;
use crate::view::Text;

pub(crate) static RULE: Rule = Rule {
    id: "proc-mount",
    alert: Some(Alert::HostAccess),
    title: "Unmasked /proc",
    severity: Severity::Medium,
    techniques: &["T1611"],
    pod_security: Some("/proc Mount Type"),
    help: Help {
        finds: "`securityContext.procMount` other than `Default` in a container of any list. In a \
                pod with `hostUsers: false`, whose root is nobody on the node, it is low.",
        why: "What runtimes hide of `/proc` is the kernel's own: settings that run programs on the \
              node as root, keys and memory. A root user in the container reads and writes it.",
        bad: "spec:\n  containers:\n  - name: main\n    securityContext: {procMount: Unmasked}\n",
        good: "spec:\n  containers:\n  - name: main\n    securityContext: {procMount: Default}\n",
        fix: "remove `procMount`; what runs containers in a container needs it, with `hostUsers: false`",
        references: &[
            "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
        ],
    },
    check: Check::Pod(check),
    subsumed_by: &["privileged"],
};

/// From here on Pod Security allows it in pods with a user namespace.
const V1_35: Version = Version::new(1, 35);

fn check<'d>(pod: &'d Pod<'_>, settings: &Settings) -> Vec<Evidence<'d>> {
    let mut found = Vec::new();
    if pod.is_for_windows() {
        return found;
    }
    for placed in pod.containers() {
        let context = &placed.container.security_context;
        let given = context.proc_mount.as_ref().map_or("", Text::as_str);
        if given.is_empty() || given == "Default" {
            continue;
        }
        let pointer = pod.at(placed.part("securityContext/procMount"));
        let (severity, how) = if pod.has_user_namespace() {
            (Severity::Low, ", in a user namespace of its own")
        } else {
            (Severity::Medium, "")
        };
        let message = [
            "mounts `/proc` as ",
            &quoted(given),
            how,
            "; what runtimes hide of it, the kernel's settings and keys, is in sight",
        ];
        let evidence = Evidence::new(severity, pointer, given, message.concat()).within(placed);
        let is_allowed = pod.has_user_namespace() && settings.version() >= V1_35;
        found.push(if is_allowed {
            evidence.passed_by_baseline()
        } else {
            evidence.refused_by_baseline()
        });
    }
    found
}
