//! `selinux-options`: a process with an SELinux context of another kind than containers have.

use crate::pod::{Pod, SeLinuxOptions};
use crate::rule::{Alert, Check, Evidence, Help, Rule, Severity};
use crate::settings::Settings;
use crate::text::quoted;
use crate::version::Version;
use crate::view::Text;

use super::inherited;

pub(crate) static RULE: Rule = Rule {
    id: "selinux-options",
    alert: Some(Alert::HostAccess),
    title: "SELinux context of the host",
    severity: Severity::Medium,
    techniques: &["T1611", "T1562"],
    pod_security: Some("SELinux"),
    help: Help {
        finds: "`seLinuxOptions` in a security context, of a container or of the pod, with a user, \
                a role, or a type that is none of those for containers: `container_t`, \
                `container_init_t`, `container_kvm_t`, and `container_engine_t` from Kubernetes \
                1.31 on.",
        why: "SELinux keeps a container from the files and processes of its node by the type of \
              its process. Types such as `spc_t` are kept from nothing.",
        bad: "spec:\n  containers:\n  - name: main\n    securityContext:\n      seLinuxOptions: {type: spc_t}\n",
        good: "spec:\n  containers:\n  - name: main\n    securityContext:\n      seLinuxOptions: {type: container_t, level: \"s0:c1,c2\"}\n",
        fix: "remove `user`, `role` and `type`; to share files between pods, set `level` alone",
        references: &[
            "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
        ],
    },
    check: Check::Pod(check),
    subsumed_by: &["privileged"],
};

/// The types for containers, each with the version that knows it (`check_seLinuxOptions.go`).
const TYPES: &[(&str, Version)] = &[
    ("container_t", Version::new(1, 0)),
    ("container_init_t", Version::new(1, 0)),
    ("container_kvm_t", Version::new(1, 0)),
    ("container_engine_t", Version::new(1, 31)),
];

fn check<'d>(pod: &'d Pod<'_>, settings: &Settings) -> Vec<Evidence<'d>> {
    let mut found = Vec::new();
    if pod.is_for_windows() {
        return found;
    }
    let given = inherited::given(
        pod,
        |profiles| profiles.se_linux.as_ref(),
        &|options| bad_parts(options, settings).next().is_some(),
        &inherited::is_confined,
    );
    for given in given {
        for (part, value) in bad_parts(given.value, settings) {
            let pointer = given.pointer(format_args!("seLinuxOptions/{part}"));
            let message = [
                "runs with the SELinux ",
                part,
                " ",
                &quoted(value),
                ", which is not confined as containers are",
            ];
            let mut evidence = given.evidence(Severity::Medium, pointer, value, message.concat());
            evidence.identify([part, " ", value].concat());
            found.push(evidence);
        }
    }
    found
}

/// The parts of a context that are none of a container's, with their names.
fn bad_parts<'d>(
    options: &'d SeLinuxOptions<'_>,
    settings: &Settings,
) -> impl Iterator<Item = (&'static str, &'d str)> {
    let version = settings.version();
    let parts = [
        ("type", &options.context_type),
        ("user", &options.user),
        ("role", &options.role),
    ];
    parts.into_iter().filter_map(move |(part, value)| {
        let value = value.as_ref().map_or("", Text::as_str);
        let is_good = value.is_empty() || (part == "type" && is_for_containers(value, version));
        (!is_good).then_some((part, value))
    })
}

fn is_for_containers(name: &str, version: Version) -> bool {
    let mut types = TYPES.iter();
    types.any(|(known, since)| *known == name && version >= *since)
}
