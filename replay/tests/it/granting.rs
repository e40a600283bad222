//! `bulkhead rbac --who-can-grant`: the chains by which pod write can be granted.

use std::fs;
use std::path::Path;

use crate::common::{Folder, Ran, assert_expected, run};
use crate::judge::{answer, judge};
use crate::rbac::{binding, built_in, found, list};
use serde_json::{Value, json};

/// A power over these resources, by every verb.
fn power(word: &str, resources: &[&str]) -> Value {
    power_by(word, resources, &["*"])
}

fn power_by(word: &str, resources: &[&str], verbs: &[&str]) -> Value {
    let grants: Vec<Value> = resources
        .iter()
        .map(|resource| json!({"path": "/rules/0/resources/0", "resource": resource, "verbs": verbs}))
        .collect();
    json!({"power": word, "grants": grants, "resourceNames": null})
}

/// The same, over objects of these names alone.
fn named(word: &str, resources: &[&str], names: &[&str]) -> Value {
    let mut power = power(word, resources);
    power["resourceNames"] = json!(names);
    power
}

/// A cluster role of whose powers and findings the policy says this.
fn role(name: &str, powers: &[Value], findings: &[Value]) -> Value {
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": [{"apiGroups": ["", "apps", "autoscaling"], "resources": ["*"], "verbs": ["*"]}],
        "answer": answer(json!(findings), json!(powers))})
}

fn write_roles() -> Value {
    power("write-roles", &["clusterroles", "roles"])
}

fn escalate() -> Value {
    power("escalate", &["clusterroles", "roles"])
}

/// Both of the above: a role that grants whatever its holder wants.
fn escalator() -> Value {
    role("escalator", &[write_roles(), escalate()], &[])
}

fn creates(resource: &str) -> Value {
    found(
        "create",
        "high",
        json!({"grants": [{"path": "/rules/0/resources/0", "resource": resource, "verbs": ["create"]}]}),
    )
}

/// Roles with one power each, and a binding of it to `User/x`, in a namespace or everywhere.
fn held(namespace: Option<&str>, powers: &[Value], findings: &[Value]) -> Vec<Value> {
    vec![
        escalator(),
        role("x", powers, findings),
        binding(namespace, "x", "ClusterRole/x", &["User/x"]),
    ]
}

fn ask(objects: &[Value], arguments: &str) -> Ran {
    let folder = Folder::new();
    folder
        .write("policy.wasm", judge())
        .write("cluster.json", list(objects));
    let arguments =
        format!("rbac --policy policy.wasm --cluster cluster.json --who-can-grant {arguments}");
    run(&mut folder.bulkhead(&arguments), b"")
}

/// Everybody but the masters, as `x: act > y: act`.
fn chains(objects: &[Value]) -> Vec<String> {
    let ran = ask(objects, "--format json");
    assert_eq!(ran.code, 0, "{ran:?}");
    let lines = ran.json();
    let name = |subject: &Value| {
        let name = subject["name"].as_str().expect("a name");
        match subject["namespace"].as_str() {
            Some(namespace) => format!("{namespace}/{name}"),
            None => name.to_owned(),
        }
    };
    let chains = lines.iter().map(|line| {
        let steps = line["steps"].as_array().expect("steps");
        let said = steps.iter().map(|step| {
            format!(
                "{}: {}",
                name(&step["subject"]),
                step["act"].as_str().expect("an act")
            )
        });
        said.collect::<Vec<_>>().join(" > ")
    });
    let masters = "system:masters: masters";
    let mut chains: Vec<String> = chains.collect();
    assert!(chains.iter().any(|chain| chain == masters), "{chains:?}");
    chains.retain(|chain| chain != masters);
    chains
}

/// The only chain but that of the masters; empty if there is none.
fn chain(objects: &[Value]) -> String {
    let chains = chains(objects);
    assert!(chains.len() < 2, "{chains:?}");
    chains.concat()
}

#[test]
fn whoever_writes_cluster_roles_needs_more() {
    for (powers, findings, expected) in [
        (vec![write_roles()], vec![], ""),
        (vec![escalate()], vec![], ""),
        (vec![write_roles(), escalate()], vec![], "x: escalate"),
        (vec![write_roles()], vec![creates("pods")], "x: write-held"),
        (vec![], vec![creates("pods")], ""),
        (
            vec![power("write-roles", &["roles"]), escalate()],
            vec![],
            "",
        ),
        (
            vec![write_roles(), power("escalate", &["roles"])],
            vec![],
            "",
        ),
        (
            vec![power("write-roles", &["*"]), power("escalate", &["*"])],
            vec![],
            "x: escalate",
        ),
        (
            vec![
                named("write-roles", &["clusterroles"], &["a"]),
                named("escalate", &["clusterroles"], &["a"]),
            ],
            vec![],
            "x: escalate",
        ),
        (
            vec![
                named("write-roles", &["clusterroles"], &["a"]),
                named("escalate", &["clusterroles"], &["b"]),
            ],
            vec![],
            "",
        ),
        (
            vec![write_roles(), named("escalate", &["clusterroles"], &["b"])],
            vec![],
            "x: escalate",
        ),
    ] {
        assert_eq!(
            chain(&held(None, &powers, &findings)),
            expected,
            "{powers:?}"
        );
        // a namespace has no cluster roles
        assert_eq!(
            chain(&held(Some("a"), &powers, &findings)),
            "",
            "{powers:?}"
        );
    }
}

#[test]
fn rights_of_different_bindings_add_up() {
    let bound =
        |name: &str, subject: &str| binding(None, name, &format!("ClusterRole/{name}"), &[subject]);
    let writer = role("writer", &[write_roles()], &[]);
    let opener = role("opener", &[escalate()], &[]);
    let dave = [bound("writer", "User/dave"), bound("opener", "User/dave")];
    let both = [&[writer.clone(), opener.clone()][..], &dave].concat();
    assert_eq!(chain(&both), "dave: escalate");
    // what everybody has is everybody's own
    let all = [
        writer,
        opener,
        bound("writer", "User/dave"),
        bound("opener", "Group/system:authenticated"),
    ];
    assert_eq!(chain(&all), "dave: escalate");
}

#[test]
fn whoever_writes_bindings_needs_more() {
    let write = || power("write-bindings", &["clusterrolebindings", "rolebindings"]);
    let bind = || power("bind", &["clusterroles"]);
    let only = |role: &str| named("bind", &["clusterroles"], &[role]);
    let change = |binding: &str| {
        let mut change = power_by("write-bindings", &["clusterrolebindings"], &["update"]);
        change["resourceNames"] = json!([binding]);
        change
    };
    for (powers, findings, expected) in [
        (vec![write()], vec![], ""),
        (vec![bind()], vec![], ""),
        (vec![write(), bind()], vec![], "x: bind"),
        (vec![write()], vec![creates("pods")], "x: bind-held"),
        (vec![write(), only("granting")], vec![], "x: bind-named"),
        (vec![write(), only("harmless")], vec![], ""),
        (
            vec![power("write-bindings", &["rolebindings"]), bind()],
            vec![],
            "",
        ),
        // these bindings can be changed, their roles cannot
        (vec![change("harmless"), bind()], vec![], ""),
        (vec![change("granting"), bind()], vec![], "x: bind-named"),
        (vec![change("granting"), only("other")], vec![], ""),
    ] {
        let mut objects = held(None, &powers, &findings);
        objects.extend([
            role("granting", &[], &[found("exec", "high", json!({}))]),
            role("harmless", &[], &[]),
            binding(None, "granting", "ClusterRole/granting", &[]),
            binding(None, "harmless", "ClusterRole/harmless", &[]),
        ]);
        assert_eq!(chain(&objects), expected, "{powers:?}");
    }
}

#[test]
fn impersonation_leads_to_whom_it_may() {
    let impersonate = |resources: &[&str]| power("impersonate", resources);
    let root = || binding(None, "root", "ClusterRole/escalator", &["User/root"]);
    let robot = || {
        binding(
            None,
            "robot",
            "ClusterRole/escalator",
            &["ServiceAccount/a/robot"],
        )
    };
    let ops = || binding(None, "ops", "ClusterRole/escalator", &["Group/ops"]);
    for (namespace, powers, whom, expected) in [
        (
            None,
            vec![impersonate(&["users"])],
            root(),
            "root: escalate",
        ),
        (
            None,
            vec![named("impersonate", &["users"], &["root"])],
            root(),
            "root: escalate",
        ),
        (
            None,
            vec![named("impersonate", &["users"], &["other"])],
            root(),
            "",
        ),
        (Some("a"), vec![impersonate(&["users"])], root(), ""),
        (
            None,
            vec![impersonate(&["serviceaccounts"])],
            robot(),
            "a/robot: escalate",
        ),
        (
            Some("a"),
            vec![impersonate(&["serviceaccounts"])],
            robot(),
            "a/robot: escalate",
        ),
        (
            Some("b"),
            vec![impersonate(&["serviceaccounts"])],
            robot(),
            "",
        ),
        (
            None,
            vec![named("impersonate", &["serviceaccounts"], &["robot"])],
            robot(),
            "a/robot: escalate",
        ),
        (
            None,
            vec![named("impersonate", &["serviceaccounts"], &["other"])],
            robot(),
            "",
        ),
        // a group is impersonated with a user
        (None, vec![impersonate(&["groups"])], ops(), ""),
        (
            None,
            vec![impersonate(&["*"])],
            ops(),
            "system:masters: masters",
        ),
        (
            None,
            vec![
                named("impersonate", &["groups"], &["ops"]),
                named("impersonate", &["users"], &["y"]),
            ],
            ops(),
            "ops: escalate",
        ),
        (
            None,
            vec![
                named("impersonate", &["groups"], &["no"]),
                impersonate(&["users"]),
            ],
            ops(),
            "",
        ),
    ] {
        let mut objects = held(namespace, &powers, &[]);
        objects.push(whom);
        let chains = chains(&objects);
        let own: Vec<_> = chains
            .iter()
            .filter(|chain| chain.starts_with("x:"))
            .collect();
        let expected = match expected {
            "" => vec![],
            end => vec![format!("x: impersonate > {end}")],
        };
        assert_eq!(own, expected.iter().collect::<Vec<_>>(), "{powers:?}");
    }
}

#[test]
fn tokens_pods_and_secrets_lead_to_the_accounts_of_a_namespace() {
    let within = |namespace| {
        let robot = format!("ServiceAccount/{namespace}/robot");
        binding(None, "robot", "ClusterRole/escalator", &[&robot])
    };
    for (powers, findings, act) in [
        (
            vec![power("token", &["serviceaccounts/token"])],
            vec![],
            "token",
        ),
        (vec![power("token", &["*/token"])], vec![], "token"),
        (
            vec![named("token", &["serviceaccounts/token"], &["robot"])],
            vec![],
            "token",
        ),
        (
            vec![named("token", &["serviceaccounts/token"], &["other"])],
            vec![],
            "",
        ),
        (vec![power("secrets", &["secrets"])], vec![], "secret"),
        (vec![power("run-pods", &["pods"])], vec![], "run-pod"),
        (vec![power("run-pods", &["workflows"])], vec![], "run-pod"),
        // pods whose account cannot be chosen
        (vec![], vec![creates("horizontalpodautoscalers")], ""),
        (vec![], vec![found("exec", "high", json!({}))], ""),
    ] {
        for (namespace, of, reaches) in [
            (Some("a"), "a", true),
            (Some("b"), "a", false),
            (None, "a", true),
        ] {
            let mut objects = held(namespace, &powers, &findings);
            objects.push(within(of));
            let own = chains(&objects)
                .into_iter()
                .find(|chain| chain.starts_with("x:"));
            let expected =
                (reaches && !act.is_empty()).then(|| format!("x: {act} > a/robot: escalate"));
            assert_eq!(own, expected, "{powers:?} {findings:?} {namespace:?}");
        }
    }
}

#[test]
fn roles_and_bindings_of_a_namespace_lead_to_its_pods() {
    let robot = || {
        binding(
            None,
            "robot",
            "ClusterRole/escalator",
            &["ServiceAccount/a/robot"],
        )
    };
    let write = || power("write-bindings", &["rolebindings"]);
    let bind = || power("bind", &["clusterroles"]);
    let maker = || role("maker", &[power("run-pods", &["pods"])], &[]);
    for (powers, act) in [
        (vec![write(), bind()], "bind-and-run-pod"),
        (vec![write()], ""),
        (
            vec![write(), named("bind", &["clusterroles"], &["maker"])],
            "bind-and-run-pod",
        ),
        (
            vec![write(), named("bind", &["clusterroles"], &["escalator"])],
            "",
        ),
        // the cluster role that gives them cannot be rewritten from here
        (vec![write_roles(), escalate()], ""),
    ] {
        let mut objects = held(Some("a"), &powers, &[]);
        objects.extend([robot(), maker()]);
        let own = chains(&objects)
            .into_iter()
            .find(|chain| chain.starts_with("x:"));
        let expected = (!act.is_empty()).then(|| format!("x: {act} > a/robot: escalate"));
        assert_eq!(own, expected, "{powers:?}");
    }
    let mut own = role("own", &[write_roles(), escalate()], &[]);
    own["kind"] = json!("Role");
    own["metadata"]["namespace"] = json!("a");
    let objects = [
        escalator(),
        robot(),
        own,
        binding(Some("a"), "own", "Role/own", &["User/x"]),
    ];
    assert_eq!(
        chains(&objects),
        [
            "a/robot: escalate",
            "x: rewrite-and-run-pod > a/robot: escalate"
        ]
    );
}

#[test]
fn chains_go_on_and_the_shortest_is_shown() {
    let token = role("token", &[power("token", &["serviceaccounts/token"])], &[]);
    let pods = role("pods", &[power("run-pods", &["pods"])], &[]);
    let objects = [
        escalator(),
        token,
        pods,
        binding(None, "d", "ClusterRole/escalator", &["ServiceAccount/d/d"]),
        binding(Some("d"), "c", "ClusterRole/pods", &["ServiceAccount/c/c"]),
        binding(Some("c"), "b", "ClusterRole/token", &["User/b"]),
        // a longer way beside a shorter
        binding(Some("c"), "a", "ClusterRole/token", &["User/a"]),
        binding(Some("d"), "a", "ClusterRole/token", &["User/a"]),
        // round and round
        binding(
            Some("y"),
            "y",
            "ClusterRole/token",
            &["ServiceAccount/y/y", "ServiceAccount/y/z"],
        ),
    ];
    assert_eq!(
        chains(&objects),
        [
            "d/d: escalate",
            "c/c: run-pod > d/d: escalate",
            "a: token > d/d: escalate",
            "b: token > c/c: run-pod > d/d: escalate",
        ]
    );
}

#[test]
fn what_everybody_can_is_said_once() {
    let objects = [
        escalator(),
        role("token", &[power("token", &["serviceaccounts/token"])], &[]),
        binding(
            None,
            "all",
            "ClusterRole/escalator",
            &["Group/system:serviceaccounts"],
        ),
        binding(
            Some("a"),
            "x",
            "ClusterRole/token",
            &["ServiceAccount/a/x", "User/y"],
        ),
    ];
    assert_eq!(
        chains(&objects),
        [
            "system:serviceaccounts: escalate",
            "y: token > a/x: escalate",
        ]
    );
}

/// A cluster in which a component can grant, and somebody can act as it.
fn with_a_component() -> Vec<Value> {
    let name = "system:controller:clusterrole-aggregation-controller";
    let mut controller = escalator();
    controller["metadata"]["name"] = json!(name);
    let account = "ServiceAccount/kube-system/clusterrole-aggregation-controller";
    vec![
        built_in(controller),
        built_in(binding(
            None,
            name,
            &format!("ClusterRole/{name}"),
            &[account],
        )),
        role(
            "deployer",
            &[power_by("run-pods", &["deployments"], &["create"])],
            &[creates("deployments")],
        ),
        binding(
            Some("kube-system"),
            "ci",
            "ClusterRole/deployer",
            &["User/ci"],
        ),
        role("auditor", &[named("impersonate", &["users"], &["ci"])], &[]),
        binding(None, "audit", "ClusterRole/auditor", &["Group/audit"]),
    ]
}

#[test]
fn tells_a_person_who_and_by_what() {
    let ran = ask(&with_a_component(), "");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 100));
    assert_expected("granting.txt", &ran.stdout);
}

#[test]
fn folds_components_but_not_whoever_acts_as_one() {
    let last = "kube-system/clusterrole-aggregation-controller: escalate";
    assert_eq!(
        chains(&with_a_component()),
        [
            format!("ci: run-pod > {last}"),
            format!("audit: impersonate > ci: run-pod > {last}"),
        ]
    );
    let all = ask(&with_a_component(), "--format json --all");
    assert_eq!(all.json().len(), 4);
}

#[test]
fn shows_the_subject_that_is_asked_for() {
    let ran = ask(&with_a_component(), "--format csv --subject Group/audit");
    let row = "Group/audit,1,Group/audit,impersonate,User/ci,\"* users (/rules/0) of ClusterRole \
               auditor, by ClusterRoleBinding audit; only those named ci\"";
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines[..2], ["subject,step,who,act,target,grants", row]);
    assert_eq!(lines.len(), 4);
    for arguments in ["--ability create", "--namespace a", "--fail-on high"] {
        assert_eq!(ask(&[], arguments).code, 2, "{arguments}");
    }
}

#[test]
fn says_when_the_policy_tells_of_no_powers_or_of_unknown_ones() {
    let mut silent = role("x", &[], &[creates("pods")]);
    if let Some(answer) = silent["answer"].as_object_mut() {
        answer.remove("powers");
    }
    let ran = ask(
        &[silent, binding(None, "x", "ClusterRole/x", &["User/x"])],
        "",
    );
    assert_eq!(ran.code, 0);
    assert!(ran.stderr.contains("does not tell of powers"), "{ran:?}");
    let ran = ask(&held(None, &[power("levitate", &["*"])], &[]), "");
    assert!(ran.stderr.contains("not known here: `levitate`"), "{ran:?}");
    // it may tell of them where nobody holds them
    let ran = ask(&[role("x", &[], &[creates("pods")])], "");
    assert!(!ran.stderr.contains("does not tell of powers"), "{ran:?}");
    assert!(ran.stderr.contains("no binding is in"), "{ran:?}");
}

#[test]
fn a_cluster_where_nobody_has_such_powers_is_no_fault_of_the_policy() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../e2e-tests/rbac/roles.yaml");
    let folder = Folder::new();
    folder.write("roles.yaml", fs::read(path).expect("the README's roles"));
    let arguments = "rbac --cluster roles.yaml --who-can-grant";
    let ran = run(&mut folder.bulkhead(arguments), b"");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}
