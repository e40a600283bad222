//! How many bytes it takes to hold what an event tells. All of it is whatever somebody sent, and
//! may be as long as the event; what is told of many objects is counted for each, as reports have it.

use super::actor::{Actor, Impersonated, ServiceAccount};
use super::history::{Cause, Root};
use super::{Audit, Unjudged, Use};
use std::mem::size_of;

impl Audit {
    /// About how many bytes it takes to hold and to report it.
    pub(crate) fn size(&self) -> usize {
        // every member by name, so that none is left out
        let Self {
            cluster,
            id,
            time,
            outcome: _,
            refused_by: _,
            message,
            code: _,
            before: _,
            object: _,
            actor,
            cause,
            claimed_delivery,
            used,
            root,
        } = self;
        [id, time].map(String::len).iter().sum::<usize>()
            + some(cluster.as_ref())
            + some(message.as_ref())
            + actor.size()
            + cause.as_ref().map_or(0, |cause| cause.size())
            + some(claimed_delivery.as_ref())
            + used.as_ref().map_or(0, Use::size)
            + root.size()
    }
}

impl Unjudged {
    /// About how many bytes it takes to hold and to report it.
    pub fn size(&self) -> usize {
        self.request.len() + self.audit.size()
    }
}

impl Actor {
    fn size(&self) -> usize {
        let Self {
            user,
            groups,
            impersonated,
            service_account,
            credential,
            principal,
            session,
            source_ip,
            claimed_ips,
            claimed_user_agent,
            authorized_by,
        } = self;
        let texts = [
            credential,
            principal,
            session,
            source_ip,
            claimed_user_agent,
            authorized_by,
        ];
        let impersonated = impersonated.as_ref().map_or(0, |other| {
            let Impersonated { user, groups } = other;
            user.len() + list(groups)
        });
        let account = service_account.as_ref().map_or(0, |account| {
            let ServiceAccount {
                namespace,
                name,
                pod,
                node,
            } = account;
            namespace.len() + name.len() + some(pod.as_ref()) + some(node.as_ref())
        });
        let texts: usize = texts.into_iter().map(|text| some(text.as_ref())).sum();
        user.len() + list(groups) + list(claimed_ips) + texts + impersonated + account
    }
}

impl Cause {
    pub(super) fn size(&self) -> usize {
        let Self {
            object,
            user,
            impersonated,
            time,
            audit_id,
        } = self;
        object.size() + user.len() + some(impersonated.as_ref()) + time.len() + audit_id.len()
    }
}

impl Root {
    pub(super) fn size(&self) -> usize {
        let Self {
            group,
            kind,
            namespace,
            name,
            cluster: _,
        } = self;
        [group, kind, namespace, name].map(String::len).iter().sum()
    }
}

impl Use {
    fn size(&self) -> usize {
        let Self { container, command } = self;
        some(container.as_ref()) + list(command)
    }
}

fn some(text: Option<&impl AsRef<str>>) -> usize {
    text.map_or(0, |text| text.as_ref().len())
}

/// Of a list of texts, which may be many and empty.
fn list(texts: &[String]) -> usize {
    let each = |text: &String| text.len() + size_of::<String>();
    texts.iter().map(each).sum()
}
