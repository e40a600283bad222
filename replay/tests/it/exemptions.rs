//! Which exemptions of the settings matched nothing of what was read, and why that may be.

use crate::common::{Folder, run};

#[test]
fn names_the_exemptions_that_do_not_fit_what_was_found() {
    let folder = Folder::new();
    let exemption = |reason: &str, rules: &str, namespace: &str| {
        format!("- {{reason: {reason}, rules: [{rules}], namespaces: [{namespace}]}}\n")
    };
    let settings = [
        exemption("fits", "host-pid", "a"),
        exemption("elsewhere", "host-ipc, host-pid", "b"),
        // nothing was there that they could be for
        exemption("storage", "host-path", "a"),
        exemption("roles", "pod-exec", "a"),
    ];
    folder
        .write("s.yaml", format!("exemptions:\n{}", settings.concat()))
        .write(
            "p.yaml",
            "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: a}, spec: {hostPID: true}}",
        )
        .write(
            "none.yaml",
            "{apiVersion: v1, kind: Namespace, metadata: {name: a}}",
        );
    let told = "1 of 4 matched; 2 had no findings to match; 1 had some and matched none of them: \
                exemptions[1] (elsewhere)";
    let replay = |arguments: &str| run(&mut folder.bulkhead(&format!("replay {arguments}")), b"");
    // what is left out of the report was matched all the same
    for filter in ["", "--name q", "--rule host-ipc"] {
        let ran = replay(&format!("--settings s.yaml {filter} p.yaml"));
        let line = format!("exemptions {told}");
        assert!(ran.summary().ends_with(&line), "{filter}: {}", ran.stdout);
    }
    let json = replay("--settings s.yaml --format json p.yaml");
    assert_eq!(json.stderr, format!("bulkhead: exemptions: {told}\n"));
    // of what had nothing to match, the summary alone tells
    let none = replay("--settings s.yaml none.yaml").summary();
    let told = "exemptions 0 of 4 matched; 4 had no findings to match";
    assert!(none.ends_with(told), "{none}");
    assert_eq!(
        replay("--settings s.yaml --format json none.yaml").stderr,
        ""
    );
    let all = folder.write("s.yaml", format!("exemptions:\n{}", settings[0]));
    let all = run(&mut all.bulkhead("replay --settings s.yaml p.yaml"), b"").summary();
    assert!(all.ends_with("exemptions 1 of 1 matched"), "{all}");
    assert!(!replay("p.yaml").stdout.contains("exemptions"));
}

/// Settings with one exemption of `host-pid`, and a pod that has it.
fn told_of(condition: &str, metadata: &str) -> String {
    let folder = Folder::new();
    let settings = format!("exemptions: [{{reason: r, rules: [host-pid], {condition}}}]\n");
    let pod =
        format!("{{apiVersion: v1, kind: Pod, metadata: {{{metadata}}}, spec: {{hostPID: true}}}}");
    folder.write("s.yaml", settings).write("p.yaml", pod);
    let ran = run(&mut folder.bulkhead("replay --settings s.yaml p.yaml"), b"");
    let summary = ran.summary();
    let (_, told) = summary.split_once("exemptions ").expect("exemptions");
    told.to_owned()
}

#[test]
fn says_that_a_manifest_without_a_namespace_matches_none() {
    let none = "0 of 1 matched; 1 had some and matched none of them: exemptions[0] (r)";
    let why = format!(
        "{none}; a manifest names no namespace, as `helm template` leaves it out, and so is in \
         none that an exemption names"
    );
    for (condition, metadata, told) in [
        ("namespaces: [a]", "name: p", why.as_str()),
        ("serviceAccounts: [a/b]", "name: p", &why),
        ("namespaces: [a]", "name: p, namespace: b", none),
        // users of manifests are nobody, wherever these are
        ("users: [bob]", "name: p", none),
    ] {
        assert_eq!(
            told_of(condition, metadata),
            told,
            "{condition}, {metadata}"
        );
    }
}

#[test]
fn says_that_kinds_begin_with_a_capital_letter() {
    let none = "0 of 1 matched; 1 had some and matched none of them: exemptions[0] (r)";
    let metadata = "name: p, namespace: a";
    let told = told_of("namespaces: [a], workloads: [pod/p, Pod/q]", metadata);
    let why = "exemptions[0].workloads: the kind of `pod/p` begins with a small letter, and is compared \
               exactly, as in `Deployment/web`";
    assert_eq!(told, format!("{none}; {why}"));
    assert_eq!(
        told_of("namespaces: [a], workloads: [Pod/q]", metadata),
        none
    );
}
