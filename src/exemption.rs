//! Exemptions: who may do what, and why. The one place that decides whether one holds.
//!
//! Only what an attacker cannot choose freely identifies a workload or a person: the namespace,
//! the service account in its namespace, the authenticated user and groups.

use crate::form::Form;
use crate::request::Request;
use crate::rule::Rule;
use crate::rules::RULES;
use crate::subject::Subject;
use crate::text::quoted;
use crate::view::Text;

/// One exemption. All of its conditions must hold, each for one of its values.
#[derive(Debug, Default)]
pub(crate) struct Exemption {
    /// Why; shown with every finding that it exempts.
    pub reason: String,
    rules: Vec<&'static str>,
    namespaces: Vec<String>,
    service_accounts: Vec<ServiceAccount>,
    users: Vec<String>,
    groups: Vec<String>,
}

/// The service account that a pod runs as.
#[derive(Debug)]
struct ServiceAccount {
    /// Absent where the exemption's namespaces hold for it.
    namespace: Option<String>,
    name: String,
}

/// What tells whom an exemption is for.
const CONDITIONS: &[&str] = &["namespaces", "serviceAccounts", "users", "groups"];

/// How the accounts of Kubernetes' own controllers are called, and their group.
const CONTROLLER: &str = "system:serviceaccount:kube-system:";
const CONTROLLERS: &str = "system:serviceaccounts:kube-system";

/// Groups that hold everybody, or every pod: an exemption for them exempts all.
const EVERYBODY: &[&str] = &[
    "system:authenticated",
    "system:unauthenticated",
    "system:serviceaccounts",
];

impl Exemption {
    /// Whether it exempts a finding of the rule in this request.
    pub fn holds(&self, rule: &Rule, request: &Request<'_>) -> bool {
        let namespace = request.namespace.as_ref().map(Text::as_str);
        let user = request.user.name.as_ref().map(Text::as_str);
        let any = |wanted: &[String], given: &str| wanted.iter().any(|wanted| wanted == given);
        self.rules.contains(&rule.id)
            && (self.namespaces.is_empty()
                || namespace.is_some_and(|namespace| any(&self.namespaces, namespace)))
            && (self.users.is_empty() || user.is_some_and(|user| any(&self.users, user)))
            && (self.groups.is_empty()
                || request
                    .user
                    .groups
                    .iter()
                    .any(|group| any(&self.groups, group.as_str())))
            && (self.service_accounts.is_empty() || self.has_account(request, namespace))
    }

    /// Whether requests of Kubernetes' own controllers are exempted, which act for others.
    fn is_for_controllers(&self) -> bool {
        let users = self.users.iter().any(|user| user.starts_with(CONTROLLER));
        users || self.groups.iter().any(|group| group == CONTROLLERS)
    }

    fn has_account(&self, request: &Request<'_>, namespace: Option<&str>) -> bool {
        let Subject::Pod(pod) = &request.object else {
            return false;
        };
        let name = pod.service_account();
        self.service_accounts.iter().any(|account| {
            account.name == name
                && (account.namespace.is_none() || account.namespace.as_deref() == namespace)
        })
    }
}

/// Reads the list of exemptions.
pub(crate) fn read(form: &mut Form<'_, '_>) -> Vec<Exemption> {
    let mut exemptions = Vec::new();
    form.list(&mut |form| exemptions.push(read_one(form)));
    exemptions
}

fn read_one(form: &mut Form<'_, '_>) -> Exemption {
    let mut exemption = Exemption::default();
    let mut given: Vec<&'static str> = Vec::new();
    let before = form.mistakes_so_far();
    form.table(
        &[
            "reason",
            "rules",
            "namespaces",
            "serviceAccounts",
            "users",
            "groups",
        ],
        &mut |key, form| {
            given.push(key);
            match key {
                "reason" => exemption.reason = name(form).unwrap_or_default(),
                "rules" => exemption.rules = rules(form),
                "namespaces" => exemption.namespaces = names(form, name_fault),
                "serviceAccounts" => exemption.service_accounts = accounts(form),
                "users" => exemption.users = names(form, user_fault),
                _ => exemption.groups = names(form, group_fault),
            }
        },
    );
    if given.is_empty() && form.mistakes_so_far() > before {
        return exemption;
    }
    for key in ["reason", "rules"] {
        if !given.contains(&key) {
            form.mistake(&format!("no `{key}`"));
        }
    }
    if !given.iter().any(|key| CONDITIONS.contains(key)) {
        form.mistake("names nobody; give `namespaces`, `serviceAccounts`, `users` or `groups`");
    }
    let names_a_place = given.contains(&"namespaces") || given.contains(&"serviceAccounts");
    if !names_a_place && exemption.is_for_controllers() {
        form.mistake(
            "is for controllers that make everybody's pods; add `namespaces` or `serviceAccounts`",
        );
    }
    check_accounts(&exemption, given.contains(&"namespaces"), form);
    exemption
}

fn check_accounts(exemption: &Exemption, has_namespaces: bool, form: &mut Form<'_, '_>) {
    for account in &exemption.service_accounts {
        match &account.namespace {
            None if !has_namespaces => form.mistake(
                "names a service account without its namespace, which anybody could make; write \
                 `namespace/name`, or add `namespaces`",
            ),
            Some(namespace) if has_namespaces && !exemption.namespaces.contains(namespace) => {
                form.mistake(&format!(
                    "can never hold: `namespaces` has no {}",
                    quoted(namespace)
                ));
            }
            None | Some(_) => {}
        }
    }
}

fn rules(form: &mut Form<'_, '_>) -> Vec<&'static str> {
    let ids: Vec<(&str, &'static str)> = RULES.iter().map(|rule| (rule.id, rule.id)).collect();
    let mut rules = Vec::new();
    let before = form.mistakes_so_far();
    form.list(&mut |form| rules.extend(form.one_of(&ids)));
    if rules.is_empty() && form.mistakes_so_far() == before {
        form.mistake("empty");
    }
    rules
}

fn accounts(form: &mut Form<'_, '_>) -> Vec<ServiceAccount> {
    let split = |text: String| match text.split_once('/') {
        Some((namespace, name)) => ServiceAccount {
            namespace: Some(namespace.to_owned()),
            name: name.to_owned(),
        },
        None => ServiceAccount {
            namespace: None,
            name: text,
        },
    };
    let fault = |text: &str| match text.split_once('/') {
        Some((namespace, name)) => name_fault(namespace).or_else(|| name_fault(name)),
        None => name_fault(text),
    };
    names(form, fault).into_iter().map(split).collect()
}

fn names(form: &mut Form<'_, '_>, fault: impl Fn(&str) -> Option<&'static str>) -> Vec<String> {
    let mut names = Vec::new();
    let before = form.mistakes_so_far();
    form.list(&mut |form| {
        let Some(text) = name(form) else { return };
        match fault(&text) {
            None => names.push(text),
            Some(fault) => form.mistake(fault),
        }
    });
    // An empty list would be no condition at all.
    if names.is_empty() && form.mistakes_so_far() == before {
        form.mistake("empty");
    }
    names
}

fn name(form: &mut Form<'_, '_>) -> Option<String> {
    let text = form.text()?;
    if text.as_str().trim().is_empty() {
        form.mistake("empty");
        return None;
    }
    Some(text.as_str().to_owned())
}

fn name_fault(text: &str) -> Option<&'static str> {
    let fits =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    let is_name = !text.is_empty() && text.bytes().all(fits);
    (!is_name).then_some("no name that Kubernetes allows; there are no wildcards here")
}

fn user_fault(text: &str) -> Option<&'static str> {
    text.contains('*')
        .then_some("holds a `*`; users and groups are compared exactly")
}

fn group_fault(text: &str) -> Option<&'static str> {
    let everybody = "a group that everybody is in, so it would exempt all";
    EVERYBODY
        .contains(&text)
        .then_some(everybody)
        .or_else(|| user_fault(text))
}
