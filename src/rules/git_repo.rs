//! `git-repo`: a volume for which the kubelet runs git.

use crate::pod::Pod;
use crate::rule::{Alert, Check, Evidence, Help, Rule, Severity};
use crate::settings::Settings;
use crate::text::{quoted, visible};
use crate::version::Version;
use crate::view::Text;

pub(crate) static RULE: Rule = Rule {
    id: "git-repo",
    alert: Some(Alert::HostAccess),
    title: "gitRepo volume",
    severity: Severity::Medium,
    techniques: &["T1611"],
    pod_security: None,
    help: Help {
        finds: "A volume with `gitRepo`. High where `kubernetesVersion` is before 1.33, the first \
                in which the kubelet refuses such volumes unless it is told to take them.",
        why: "The kubelet runs git on the node, as root. Hooks of the repository were run with it \
              (CVE-2024-10220), and repositories of other pods on the node could be read \
              (CVE-2025-1767).",
        bad: "spec:\n  volumes:\n  - name: source\n    gitRepo: {repository: \"https://git.example.com/a.git\"}\n",
        good: "spec:\n  volumes:\n  - name: source\n    emptyDir: {}\n",
        fix: "clone into an `emptyDir` from an init container",
        references: &[
            "https://kubernetes.io/docs/concepts/storage/volumes/#gitrepo",
            "https://github.com/kubernetes/kubernetes/issues/128885",
            "https://github.com/kubernetes/kubernetes/issues/130786",
        ],
    },
    check: Check::Pod(check),
    subsumed_by: &[],
};

/// From here on the kubelet refuses it, unless its feature gate GitRepoVolumeDriver is set.
const V1_33: Version = Version::new(1, 33);

fn check<'d>(pod: &'d Pod<'_>, settings: &Settings) -> Vec<Evidence<'d>> {
    let volumes = pod.spec.volumes.iter().enumerate();
    let repositories =
        volumes.filter_map(|(index, volume)| Some((index, volume.git_repo.as_ref()?)));
    repositories
        .map(|(index, source)| {
            let repository = source.repository.as_ref().map_or("", Text::as_str);
            let (severity, where_) = if settings.version() < V1_33 {
                (Severity::High, "")
            } else {
                (Severity::Medium, ", where its kubelet still does so")
            };
            let pointer = pod.at(format_args!("volumes/{index}/gitRepo"));
            let message = [
                "has the kubelet clone ",
                &quoted(repository),
                " as root",
                where_,
                ": hooks of such repositories ran on the node (CVE-2024-10220)",
            ];
            let value = visible(repository, 200);
            let mut evidence = Evidence::new(severity, pointer, value, message.concat());
            evidence.identify(repository.to_owned());
            evidence.passed_by_baseline()
        })
        .collect()
}
