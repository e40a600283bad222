//! Which of the seven abilities to write pods the rules of a role give, and where; and which powers
//! to hand them to others.
//!
//! What gives an ability stands in a table of resources; here is how a role is held against it,
//! name by name, as the authorizer would. No wildcard is decided here: see `role`.

mod grant;
mod table;

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::role::{self, PolicyRule, Verbs};
use crate::rule::Severity;
use crate::text::is_same;
use crate::version::Version;
use crate::view::Text;

pub(crate) use grant::Grant;
pub(crate) use table::maker;

/// What the holder of a role can do to pods, and then what makes them able to hand that to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ability {
    Create,
    Modify,
    Delete,
    Scale,
    Status,
    Storage,
    Exec,
    WriteRoles,
    Escalate,
    WriteBindings,
    Bind,
    Impersonate,
    Token,
    Secrets,
    Certificates,
    RunPods,
}

impl Ability {
    const COUNT: usize = Self::RunPods as usize + 1;

    /// The seven, as people say them before "pods".
    pub const OF_PODS: &'static [(Self, &'static str)] = &[
        (Self::Create, "create"),
        (Self::Modify, "modify"),
        (Self::Delete, "delete"),
        (Self::Scale, "scale"),
        (Self::Status, "write the status of"),
        (Self::Storage, "attach storage to"),
        (Self::Exec, "execute commands in"),
    ];

    /// The powers to hand abilities to others, by the names that `inspect` tells them by.
    pub const POWERS: &'static [(Self, &'static str)] = &[
        (Self::WriteRoles, "write-roles"),
        (Self::Escalate, "escalate"),
        (Self::WriteBindings, "write-bindings"),
        (Self::Bind, "bind"),
        (Self::Impersonate, "impersonate"),
        (Self::Token, "token"),
        (Self::Secrets, "secrets"),
        (Self::Certificates, "certificates"),
        (Self::RunPods, "run-pods"),
    ];
}

/// Which abilities something gives, each with how bad it is to have it on every object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Gains(u64);

impl Gains {
    /// The bits of an ability: 0 for none, else the severity, from 1.
    const BITS: u32 = 3;

    const fn of(gains: &[(Ability, Severity)]) -> Self {
        let mut bits = 0;
        let mut rest = gains;
        while let [(ability, severity), others @ ..] = rest {
            bits |= (*severity as u64 + 1) << (*ability as u32 * Self::BITS);
            rest = others;
        }
        Self(bits)
    }

    /// Whether it is any of the seven, and not a power alone.
    fn are_of_pods(self) -> bool {
        let abilities = Ability::OF_PODS.iter();
        let mut given = abilities.filter_map(|(ability, _)| self.severity(*ability));
        given.next().is_some()
    }

    fn severity(self, ability: Ability) -> Option<Severity> {
        self.at(ability as usize)
    }

    /// The places of the abilities that are given, with how bad it is to have each.
    fn each(self) -> impl Iterator<Item = (usize, Severity)> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let ability = rest.checked_ilog2()? / Self::BITS;
            rest &= !(7 << (ability * Self::BITS));
            let ability = ability as usize;
            Some((ability, self.at(ability)?))
        })
    }

    /// How bad it is to have the ability of this place.
    fn at(self, ability: usize) -> Option<Severity> {
        match (self.0 >> (ability * Self::BITS as usize)) & 7 {
            0 => None,
            1 => Some(Severity::Low),
            2 => Some(Severity::Medium),
            3 => Some(Severity::High),
            _ => Some(Severity::Critical),
        }
    }
}

/// A resource, and the requests for it that give abilities.
#[derive(Debug)]
pub(crate) struct Resource {
    group: Cow<'static, str>,
    /// As a rule names it, such as `pods/exec`.
    name: Cow<'static, str>,
    requests: &'static [Request],
    /// Whether it is in no namespace, so that the role of a namespace cannot grant it, but for what
    /// is asked [elsewhere](Request::is_of_binding). Not so `namespaces`: a request for one counts as
    /// made in it (`requestinfo.go`).
    is_of_cluster: bool,
}

impl Resource {
    /// Whether it stands for every resource there is.
    fn is_everything(&self) -> bool {
        std::ptr::eq(self, &table::EVERYTHING)
    }

    /// The API group; the core group is empty.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// Whether any of the verbs on it gives an ability to whoever may use it everywhere.
    pub fn has_use_for(&self, verbs: Verbs) -> bool {
        self.has_use_in(Scope::Cluster, verbs)
    }

    /// Whether any of the verbs on it gives an ability where a role holds there.
    pub fn has_use_in(&self, scope: Scope, verbs: Verbs) -> bool {
        self.requests.iter().any(|request| {
            !request.verbs.and(verbs).is_empty()
                && request.gains.are_of_pods()
                && self.is_asked_in(scope, request)
        })
    }

    /// Whether a request for it is one that a role can allow where it holds.
    fn is_asked_in(&self, scope: Scope, request: &Request) -> bool {
        !self.is_of_cluster || scope == Scope::Cluster || request.is_of_binding
    }

    /// The subresources of one, or of all for `*`.
    pub fn subresources_of(resource: &str) -> impl Iterator<Item = &'static Self> {
        table::TABLE.iter().filter(move |known| {
            let mut parts = known.name.splitn(2, '/');
            let of = parts.next();
            parts.next().is_some() && (resource == "*" || of == Some(resource))
        })
    }

    /// The resources that a rule's entry stands for.
    pub fn named_by(entry: &str) -> impl Iterator<Item = &'static Self> {
        let entry = role::Entry::of(entry);
        let resources = match entry {
            role::Entry::Exactly(name) => Self::called(name),
            role::Entry::All | role::Entry::SubresourceOfAll(_) => table::TABLE,
        };
        resources
            .iter()
            .filter(move |known| entry.matches(&known.name))
    }

    /// The resources of this very name, each in a group of its own.
    pub fn called(name: &str) -> &'static [Self] {
        let start = table::TABLE.partition_point(|known| known.name.len() < name.len());
        let rest = table::TABLE.get(start..).unwrap_or_default();
        let is_as_long = |known: &&Self| known.name.len() == name.len();
        let is_it = |known: &Self| is_same(&known.name, name);
        let as_long = rest.iter().take_while(is_as_long);
        let Some(start) = as_long.clone().position(is_it) else {
            return &[];
        };
        let count = as_long.skip(start).take_while(|known| is_it(known)).count();
        rest.get(start..start + count).unwrap_or_default()
    }
}

/// Kinds of request for a resource that, if allowed, give abilities.
#[derive(Debug)]
struct Request {
    /// Any of them will do.
    verbs: Verbs,
    target: Target,
    /// The first version that no longer allows it.
    until: Option<Version>,
    /// How it gives them, where it is by way of something else than pods.
    how: Option<&'static str>,
    /// What the role must grant too.
    needs: &'static [Need],
    /// Whether it is asked in the namespace of a binding that is written, whatever it is about
    /// (`BindingAuthorized` in `pkg/registry/rbac/escalation_check.go`).
    is_of_binding: bool,
    gains: Gains,
}

/// Any of the verbs on a resource: group, name, verbs, and the names of which one will do; none for
/// whatever names.
type Need = (&'static str, &'static str, Verbs, &'static [&'static str]);

/// Whether the authorizer is told the name of the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    /// The request's path names the object.
    Named,
    /// The request's path names the collection, so it counts as named `""`.
    Collection,
    /// As for a collection, but whoever may also patch the same name can create it by
    /// server-side apply, and is then asked for with its name.
    CollectionOrApply,
    /// As before, and whoever may also update the same name can create it by PUT
    /// (`AllowCreateOnUpdate`).
    CollectionOrPut,
}

/// Where a role holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Cluster,
    /// In a namespace that holds none of the cluster's own pods.
    Namespace,
    /// In the namespace of the cluster's own pods: whoever writes those has the cluster.
    KubeSystem,
}

impl Scope {
    /// Where the roles of a namespace hold.
    pub fn of_namespace(namespace: &str) -> Self {
        if namespace == "kube-system" {
            Self::KubeSystem
        } else {
            Self::Namespace
        }
    }
}

/// What decides what a role gives, beside its rules.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms<'r> {
    pub scope: Scope,
    /// The oldest version of Kubernetes for which the answer must hold. When it is unset, what
    /// only older versions allow is found as well, and weighs less.
    pub oldest: Option<Version>,
    /// What makes pods, beyond what is known.
    pub makers: &'r [Resource],
}

/// All that the rules of a role give, in their order.
#[derive(Debug)]
pub(crate) struct Grants<'r> {
    rules: &'r [PolicyRule<'r>],
    terms: Terms<'r>,
    hits: Vec<Hit<'r>>,
    /// What hits are restricted to.
    names: Vec<BTreeSet<&'r str>>,
    /// What may be applied or put, by resource, as far as it was asked for.
    appliable: Vec<(&'r Resource, Appliable<'r>)>,
    /// Whether the role has what a request needs, as far as it was asked for.
    met: Vec<(&'static [Need], bool)>,
    /// How bad each ability is that the role gives, by the ability's place.
    worst: [Option<Severity>; Ability::COUNT],
}

/// An entry of a rule's resources that gives something.
#[derive(Debug)]
struct Hit<'r> {
    resource: &'r Resource,
    request: &'static Request,
    /// The place of the rule in the role, and of the entry in the rule.
    rule: usize,
    entry: usize,
    /// Those of the rule's verbs that count.
    verbs: Verbs,
    /// The place in [`Grants::names`], if it is restricted to names.
    names: Option<usize>,
}

impl<'r> Grants<'r> {
    /// Holds the rules of a role against the table.
    pub fn new(rules: &'r [PolicyRule<'r>], terms: Terms<'r>) -> Self {
        let mut grants = Self {
            rules,
            terms,
            hits: Vec::new(),
            names: Vec::new(),
            appliable: Vec::new(),
            met: Vec::new(),
            worst: [None; Ability::COUNT],
        };
        for (index, rule) in rules.iter().enumerate() {
            grants.add(index, rule);
        }
        grants
    }

    fn add(&mut self, index: usize, rule: &'r PolicyRule<'r>) {
        let verbs = Verbs::of(rule);
        if verbs.is_empty() {
            return;
        }
        let is_everything = role::is_everything(rule);
        let groups = role::Groups::of(rule);
        // The names depend on the request alone; few requests match what is restricted to names.
        let mut names: Vec<(&'r str, Target, Option<usize>)> = Vec::new();
        for (place, entry) in rule.resources.iter().enumerate() {
            let entry = entry.as_str();
            if is_everything && entry == "*" {
                for request in table::EVERYTHING.requests {
                    self.note(Hit {
                        resource: &table::EVERYTHING,
                        request,
                        rule: index,
                        entry: place,
                        verbs,
                        names: None,
                    });
                }
                continue;
            }
            let makers: &'r [Resource] = self.terms.makers;
            let is_meant = |maker: &&'r Resource| role::Entry::of(entry).matches(&maker.name);
            let known = Resource::named_by(entry).map(|known| -> &'r Resource { known });
            for resource in known.chain(makers.iter().filter(is_meant)) {
                if !groups.has(&resource.group) {
                    continue;
                }
                for request in resource.requests {
                    if !resource.is_asked_in(self.terms.scope, request) {
                        continue;
                    }
                    let hit = Hit {
                        resource,
                        request,
                        rule: index,
                        entry: place,
                        verbs: verbs.and(request.verbs),
                        names: None,
                    };
                    self.hit(hit, rule, &mut names);
                }
            }
        }
    }

    /// Notes a hit, if it gives anything.
    fn hit(
        &mut self,
        mut hit: Hit<'r>,
        rule: &'r PolicyRule<'r>,
        known: &mut Vec<(&'r str, Target, Option<usize>)>,
    ) {
        let Hit {
            resource, request, ..
        } = hit;
        let is_gone = request
            .until
            .zip(self.terms.oldest)
            .is_some_and(|(until, oldest)| oldest >= until);
        if hit.verbs.is_empty() || is_gone || !self.meets(request.needs) {
            return;
        }
        if !rule.resource_names.is_empty() {
            let same = known
                .iter()
                .find(|(name, target, _)| (*name, *target) == (&resource.name, request.target));
            hit.names = match same {
                Some((.., names)) => *names,
                None => {
                    let names = self.names_for(resource, request, rule).map(|names| {
                        self.names.push(names);
                        self.names.len() - 1
                    });
                    known.push((&resource.name, request.target, names));
                    names
                }
            };
            let is_for_none = hit
                .names
                .is_some_and(|names| self.names.get(names).is_none_or(BTreeSet::is_empty));
            if is_for_none {
                return;
            }
        }
        self.note(hit);
    }

    fn note(&mut self, hit: Hit<'r>) {
        let lowered = self.lowered(&hit);
        for (ability, severity) in hit.request.gains.each() {
            if let Some(worst) = self.worst.get_mut(ability) {
                *worst = Some(lower(severity, lowered)).max(*worst);
            }
        }
        self.hits.push(hit);
    }

    /// The names to which the rule restricts the request; empty if the restriction leaves nothing,
    /// none if it does not restrict.
    fn names_for(
        &mut self,
        resource: &'r Resource,
        request: &Request,
        rule: &'r PolicyRule<'r>,
    ) -> Option<BTreeSet<&'r str>> {
        let names = rule.resource_names.iter().map(Text::as_str);
        // A request without a name counts as named "", which a rule may list.
        if request.target != Target::Named && names.clone().any(str::is_empty) {
            return None;
        }
        // To collect them would bring a sort into the module, of some kilobytes.
        let mut named = BTreeSet::new();
        match request.target {
            Target::Named => named.extend(names.filter(|name| !name.is_empty())),
            Target::Collection => {}
            Target::CollectionOrApply | Target::CollectionOrPut => {
                let appliable = self.appliable(resource, request.target);
                named.extend(names.filter(|name| appliable.has(name)));
            }
        }
        Some(named)
    }

    fn appliable(&mut self, resource: &'r Resource, target: Target) -> &Appliable<'r> {
        let mut known = self.appliable.iter();
        let place = match known.position(|(known, _)| std::ptr::eq(*known, resource)) {
            Some(place) => place,
            None => {
                let appliable = Appliable::new(resource, target, self.rules);
                self.appliable.push((resource, appliable));
                self.appliable.len() - 1
            }
        };
        self.appliable
            .get(place)
            .map_or(&Appliable::All, |(_, known)| known)
    }

    /// Whether the role grants all that a request needs.
    fn meets(&mut self, needs: &'static [Need]) -> bool {
        if needs.is_empty() {
            return true;
        }
        let known = self
            .met
            .iter()
            .find(|(known, _)| std::ptr::eq(*known, needs));
        if let Some((_, met)) = known {
            return *met;
        }
        let is_granted = |(group, name, verbs, of): &Need| {
            let mut rules = self.rules.iter();
            rules.any(|rule| {
                let mut names = rule.resource_names.iter().map(Text::as_str);
                let has_name =
                    of.is_empty() || names.len() == 0 || names.any(|name| of.contains(&name));
                has_name && role::grants(rule, *verbs, group, name)
            })
        };
        let met = needs.iter().all(is_granted);
        self.met.push((needs, met));
        met
    }

    /// Whether an entry of a rule's resources gives anything; both by their places.
    pub fn has_hit(&self, rule: usize, entry: usize) -> bool {
        let place = |hit: &Hit<'_>| (hit.rule, hit.entry);
        let hits = self.hits.binary_search_by_key(&(rule, entry), place);
        hits.is_ok()
    }

    /// The resources that the role grants something of, each once.
    pub fn resources(&self) -> Vec<&'r Resource> {
        let mut resources: Vec<&Resource> = Vec::new();
        for hit in &self.hits {
            if !resources
                .iter()
                .any(|known| std::ptr::eq(*known, hit.resource))
            {
                resources.push(hit.resource);
            }
        }
        resources
    }

    /// Whether another role gives all that this one gives, by the same requests.
    pub fn is_within(&self, other: &Self) -> bool {
        let others = other.hits.as_slice();
        // Rules of the same roles come in the same order, so the next is mostly the one after the last.
        let mut next = 0;
        let mut of_pods = self
            .hits
            .iter()
            .filter(|hit| hit.request.gains.are_of_pods());
        of_pods.all(|hit| {
            let (before, after) = others.split_at_checked(next).unwrap_or((others, &[]));
            let is_it = |known: &&Hit<'_>| {
                std::ptr::eq(known.resource, hit.resource)
                    && std::ptr::eq(known.request, hit.request)
                    && known.names.is_none()
                    && known.verbs.and(hit.verbs) == hit.verbs
            };
            let place = after.iter().chain(before).position(|known| is_it(&known));
            next = place.map_or(next, |place| next + place + 1);
            if next > others.len() {
                next -= others.len();
            }
            place.is_some()
        })
    }

    /// How bad it is that the role gives an ability, if it does.
    pub fn severity(&self, ability: Ability) -> Option<Severity> {
        self.worst.get(ability as usize).copied().flatten()
    }

    /// How bad the worst ability is that the role gives.
    pub fn worst(&self) -> Option<Severity> {
        let abilities = Ability::OF_PODS.iter();
        abilities
            .filter_map(|(ability, _)| self.severity(*ability))
            .max()
    }

    /// The abilities that the role gives, such as `create, delete pods`; those of little weight only
    /// where there are no others.
    pub fn said(&self) -> String {
        if self.hits.iter().any(Hit::is_everything) {
            return "everything".to_owned();
        }
        let least = self.worst().unwrap_or(Severity::Low).min(Severity::Medium);
        let abilities = Ability::OF_PODS.iter();
        let given = abilities.filter(|(ability, _)| self.severity(*ability) >= Some(least));
        let said: Vec<&str> = given.map(|(_, said)| *said).collect();
        [&said.join(", "), " pods"].concat()
    }

    fn severity_of(&self, hit: &Hit<'_>, ability: Ability) -> Option<Severity> {
        let severity = hit.request.gains.severity(ability)?;
        Some(lower(severity, self.lowered(hit)))
    }

    /// By how many steps what the hit gives is milder than it would be for all, everywhere.
    fn lowered(&self, hit: &Hit<'_>) -> usize {
        let reasons = [
            hit.names.is_some(),
            self.until(hit).is_some(),
            self.terms.scope == Scope::Namespace,
        ];
        reasons.into_iter().filter(|is_less| *is_less).count()
    }

    /// The version from which on the hit gives nothing. A setting that names an older version
    /// makes it as good as any other.
    fn until(&self, hit: &Hit<'_>) -> Option<Version> {
        hit.request.until.filter(|_| self.terms.oldest.is_none())
    }

    /// All names in sets, which are given by their places.
    fn union(&self, sets: &[usize]) -> BTreeSet<&'r str> {
        let mut all = BTreeSet::new();
        let sets = sets.iter().filter_map(|set| self.names.get(*set));
        all.extend(sets.flatten());
        all
    }
}

/// So many steps down.
fn lower(severity: Severity, steps: usize) -> Severity {
    (0..steps).fold(severity, |severity, _| severity.lowered())
}

impl Hit<'_> {
    fn pointer(&self) -> String {
        format!("/rules/{}/resources/{}", self.rule, self.entry)
    }

    fn is_everything(&self) -> bool {
        self.resource.is_everything()
    }
}

/// The names under which the role may apply or put an object, and so create it by `create`.
#[derive(Debug)]
enum Appliable<'r> {
    All,
    Named(BTreeSet<&'r str>),
}

impl<'r> Appliable<'r> {
    fn new(resource: &Resource, target: Target, rules: &'r [PolicyRule<'r>]) -> Self {
        let verbs = match target {
            Target::CollectionOrPut => Verbs::PATCH.or(Verbs::UPDATE),
            _ => Verbs::PATCH,
        };
        let mut named = BTreeSet::new();
        for rule in rules {
            if role::grants(rule, verbs, &resource.group, &resource.name) {
                if rule.resource_names.is_empty() {
                    return Self::All;
                }
                named.extend(rule.resource_names.iter().map(Text::as_str));
            }
        }
        Self::Named(named)
    }

    fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.contains(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::role::Role;
    use crate::rule::What;
    use crate::view;
    use serde_json::{Value, json};
    use std::rc::Rc;

    fn role(object: &str) -> Role<'_> {
        view::from_str(object).unwrap()
    }

    fn terms(oldest: Option<Version>) -> Terms<'static> {
        Terms {
            scope: Scope::Cluster,
            oldest,
            makers: &[],
        }
    }

    /// What is found of an ability: its severity and its grant.
    fn found<R>(
        ability: Ability,
        rules: &Value,
        ask: impl FnOnce(Severity, &Grant<'_>) -> R,
    ) -> Option<R> {
        let object = json!({"rules": rules}).to_string();
        let role = role(&object);
        let evidence = Rc::new(Grants::new(&role.rules, terms(None))).evidence(ability, "can")?;
        match &evidence.what {
            What::Grant(grant) => Some(ask(evidence.severity, grant)),
            What::Part { .. } => None,
        }
    }

    fn rule_for(resource: &str, verbs: &[&str], names: &[&str]) -> Value {
        json!({"apiGroups": [""], "resources": [resource], "verbs": verbs, "resourceNames": names})
    }

    fn rule(verbs: &[&str], names: &[&str]) -> Value {
        rule_for("pods", verbs, names)
    }

    /// The names to which the ability is restricted; `None` for no ability, empty for no names.
    fn names(ability: Ability, rules: &Value) -> Option<Vec<String>> {
        found(ability, rules, |_, grant| {
            let names = grant.names().unwrap_or_default();
            names.into_iter().map(str::to_owned).collect()
        })
    }

    #[test]
    fn resources_are_in_their_order_and_each_once() {
        assert!(table::TABLE.is_sorted_by_key(|known| (known.name.len(), &known.name)));
        let names: BTreeSet<_> = table::TABLE
            .iter()
            .map(|known| (&known.group, &known.name))
            .collect();
        assert_eq!(names.len(), table::TABLE.len());
    }

    #[test]
    fn an_entry_finds_the_resources_that_it_stands_for() {
        for (entry, expected) in [
            ("*", table::TABLE.len()),
            ("*/exec", 1),
            ("*/scale", 10),
            ("pods", 1),
            ("pods/exec", 1),
            ("statefulsets", 2),
            ("pods/*", 0),
            ("a", 0),
            ("zebras", 0),
        ] {
            assert_eq!(Resource::named_by(entry).count(), expected, "{entry}");
        }
    }

    #[test]
    fn a_request_without_a_name_needs_a_rule_without_names() {
        for (ability, verb) in [
            (Ability::Create, "create"),
            (Ability::Delete, "deletecollection"),
        ] {
            assert_eq!(names(ability, &json!([rule(&[verb], &["a"])])), None);
        }
        assert_eq!(
            names(Ability::Create, &json!([rule(&["create"], &[])])),
            Some(vec![])
        );
    }

    /// `ResourceNameMatches` compares the names with that of the request, which is empty here.
    #[test]
    fn a_request_without_a_name_matches_the_empty_name() {
        let rules = json!([rule(&["create", "deletecollection"], &["", "a"])]);
        assert_eq!(names(Ability::Create, &rules), Some(vec![]));
        assert_eq!(names(Ability::Delete, &rules), Some(vec![]));
        let named = json!([rule(&["delete"], &[""])]);
        assert_eq!(names(Ability::Delete, &named), None);
    }

    #[test]
    fn what_may_be_patched_may_be_created_by_apply() {
        let both =
            |patched: &[&str]| json!([rule(&["create"], &["a", "b"]), rule(&["patch"], patched)]);
        let create = |rules: &Value| names(Ability::Create, rules);
        assert_eq!(create(&both(&["b", "c"])), Some(vec!["b".to_owned()]));
        assert_eq!(
            create(&both(&[])),
            Some(vec!["a".to_owned(), "b".to_owned()])
        );
        assert_eq!(create(&both(&["c"])), None);
        let elsewhere = json!([rule(&["create"], &["a"]), {"apiGroups": ["apps"], "resources": ["pods"], "verbs": ["patch"]}]);
        assert_eq!(create(&elsewhere), None);
    }

    /// Only one of Kubernetes' signers signs for whom the API server believes, and one for nodes.
    #[test]
    fn an_approver_is_whom_its_signer_signs_for() {
        let severity = |ability, rules: &Value| found(ability, rules, |severity, _| severity);
        let approver = |resources: Value, signers: &[&str]| {
            let certificates = "certificates.k8s.io";
            json!([
                {"apiGroups": [certificates], "resources": resources, "verbs": ["create", "update"]},
                {"apiGroups": [certificates], "resources": ["signers"], "verbs": ["approve"], "resourceNames": signers},
            ])
        };
        let own = json!([
            "certificatesigningrequests",
            "certificatesigningrequests/approval"
        ]);
        for (signers, expected) in [
            (&[][..], Some(Severity::High)),
            (
                &["kubernetes.io/kube-apiserver-client"],
                Some(Severity::High),
            ),
            (&["kubernetes.io/*"], Some(Severity::High)),
            (
                &["example.com/a", "kubernetes.io/kube-apiserver-client"],
                Some(Severity::High),
            ),
            (
                &["kubernetes.io/kube-apiserver-client-kubelet"],
                Some(Severity::Medium),
            ),
            (&["kubernetes.io/kubelet-serving"], None),
            (&["kubernetes.io/legacy-unknown"], None),
            (&["example.com/my-signer"], None),
            (&["example.com/*"], None),
            // The authorizer is never asked for this name.
            (&["*"], None),
        ] {
            let rules = approver(own.clone(), signers);
            assert_eq!(severity(Ability::Create, &rules), expected, "{signers:?}");
            assert_eq!(severity(Ability::Exec, &rules), expected, "{signers:?}");
        }
        let of_others = json!(["certificatesigningrequests/approval"]);
        let signers = ["kubernetes.io/kube-apiserver-client"];
        assert_eq!(
            severity(Ability::Create, &approver(of_others, &signers)),
            None
        );
    }

    #[test]
    fn what_may_be_updated_may_be_created_by_put_where_kubernetes_has_it_so() {
        let both = |group: &str, resource: &str, verb: &str| {
            let rule = |verb: &str, names: &[&str]| json!({"apiGroups": [group], "resources": [resource], "verbs": [verb], "resourceNames": names});
            json!([rule("create", &["a", "b"]), rule(verb, &["b", "c"])])
        };
        let rbac = "rbac.authorization.k8s.io";
        for (power, resource) in [
            (Ability::WriteRoles, "clusterroles"),
            (Ability::WriteRoles, "roles"),
            (Ability::WriteBindings, "clusterrolebindings"),
            (Ability::WriteBindings, "rolebindings"),
        ] {
            for verb in ["update", "patch"] {
                let created = |rules: &Value| {
                    found(power, rules, |_, grant| {
                        let places = grant.places();
                        places[0].verbs.clone()
                    })
                };
                let rules = both(rbac, resource, verb);
                assert_eq!(created(&rules), Some(vec!["create".to_owned()]));
                assert_eq!(
                    created(&both(rbac, resource, "delete")),
                    None,
                    "{resource} {verb}"
                );
            }
        }
        assert_eq!(names(Ability::Create, &both("", "pods", "update")), None);
    }

    /// What gives a power that is no ability by itself: the entries, as `resource verbs`.
    fn places(power: Ability, group: &str, resource: &str, verbs: &[&str]) -> Option<Vec<String>> {
        let rules = json!([{"apiGroups": [group], "resources": [resource], "verbs": verbs}]);
        found(power, &rules, |_, grant| {
            let places = grant.places().into_iter();
            let said = places.map(|place| format!("{} {}", place.resource, place.verbs.join("|")));
            said.collect()
        })
    }

    #[test]
    fn pods_are_run_by_what_says_which_account_they_have() {
        for (group, resource, verbs, expected) in [
            ("", "pods", &["create", "update"][..], Some("pods create")),
            (
                "apps",
                "deployments",
                &["create"],
                Some("deployments create"),
            ),
            ("apps", "daemonsets", &["patch"], Some("daemonsets patch")),
            (
                "argoproj.io",
                "workflows",
                &["create"],
                Some("workflows create"),
            ),
            ("batch", "jobs", &["create", "update"], Some("jobs create")),
            ("batch", "jobs", &["update", "patch"], None),
            ("", "pods", &["update", "patch"], None),
            ("apps", "deployments/scale", &["update"], None),
            ("", "serviceaccounts/token", &["create"], None),
        ] {
            let found = places(Ability::RunPods, group, resource, verbs);
            let found = found.map(|places| places.concat());
            assert_eq!(found.as_deref(), expected, "{resource} {verbs:?}");
        }
    }

    #[test]
    fn each_right_that_a_certificate_takes_is_told_by_itself() {
        const GROUP: &str = "certificates.k8s.io";

        for (resource, verb, is_told) in [
            ("certificatesigningrequests", "create", true),
            ("certificatesigningrequests", "update", false),
            ("certificatesigningrequests/approval", "update", true),
            ("certificatesigningrequests/approval", "create", false),
            ("signers", "approve", true),
            ("signers", "sign", false),
        ] {
            let told = places(Ability::Certificates, GROUP, resource, &[verb]);
            assert_eq!(told.is_some(), is_told, "{verb} {resource}");
            let abilities = places(Ability::Create, GROUP, resource, &[verb]);
            assert_eq!(abilities, None, "{verb} {resource}");
        }
    }

    #[test]
    fn names_of_several_rules_add_up_and_one_rule_for_all_lifts_them() {
        let evict = |names: &[&str]| rule_for("pods/eviction", &["create"], names);
        let severity = |rules: &Value| found(Ability::Delete, rules, |severity, _| severity);
        let named = json!([rule(&["delete"], &["a"]), evict(&["b"])]);
        assert_eq!(
            names(Ability::Delete, &named),
            Some(vec!["a".to_owned(), "b".to_owned()])
        );
        assert_eq!(severity(&named), Some(Severity::Low));
        let all = json!([rule(&["delete"], &["a"]), evict(&[])]);
        assert_eq!(severity(&all), Some(Severity::Medium));
        found(Ability::Delete, &all, |_, grant| {
            assert_eq!(grant.names(), None);
            assert_eq!(grant.places().len(), 2, "both places must go");
        })
        .unwrap();
    }

    #[test]
    fn what_newer_versions_do_not_give_is_said_only_if_nothing_else_gives_it() {
        let get = rule_for("pods/exec", &["get"], &[]);
        let old = |rules: &Value| {
            found(Ability::Exec, rules, |severity, grant| {
                (severity, grant.until())
            })
        };
        assert_eq!(
            old(&json!([get])),
            Some((Severity::Medium, Some(Version::new(1, 35))))
        );
        let create = rule_for("pods/attach", &["create"], &[]);
        assert_eq!(old(&json!([get, create])), Some((Severity::High, None)));

        let object = json!({"rules": [get]}).to_string();
        let role = role(&object);
        let asked_for = |oldest| {
            let grants = Rc::new(Grants::new(&role.rules, terms(Some(oldest))));
            grants
                .evidence(Ability::Exec, "can")
                .map(|evidence| evidence.severity)
        };
        assert_eq!(asked_for(Version::new(1, 34)), Some(Severity::High));
        assert_eq!(asked_for(Version::new(1, 35)), None);
    }

    #[test]
    fn everything_is_critical() {
        let severity = |rules: &Value| found(Ability::Delete, rules, |severity, _| severity);
        let everything = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]);
        assert_eq!(severity(&everything), Some(Severity::Critical));
        let core = json!([{"apiGroups": [""], "resources": ["*"], "verbs": ["*"]}]);
        assert_eq!(severity(&core), Some(Severity::Medium));
    }

    #[test]
    fn rules_for_urls_grant_no_resources() {
        let rules = json!([{"nonResourceURLs": ["*"], "verbs": ["*"]}]);
        for ability in [Ability::Create, Ability::Delete] {
            assert_eq!(names(ability, &rules), None);
        }
    }

    #[test]
    fn a_place_has_every_verb_that_counts_once_and_as_written() {
        let rules = json!([rule(&["delete", "get", "*", "delete"], &[])]);
        let verbs = found(Ability::Delete, &rules, |_, grant| grant.places());
        let verbs: Vec<_> = verbs
            .into_iter()
            .flatten()
            .map(|place| place.verbs)
            .collect();
        assert_eq!(verbs, [["delete", "*"]]);
    }
}
