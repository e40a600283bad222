//! What of an object's metadata the rules ask for: who it belongs to, and the few annotations and
//! labels that act.

use crate::view::{Reader, Stop, Text, flag, objects, reads, text};

/// The metadata of an object, or of the template of one.
#[derive(Debug, Default)]
pub(crate) struct Metadata<'a> {
    pub annotations: Annotations<'a>,
    pub labels: Labels<'a>,
    pub owners: Vec<Owner<'a>>,
}

reads!(Metadata<'de> {
    "annotations" => annotations: Annotations::read,
    "labels" => labels: Labels::read,
    "ownerReferences" => owners: objects,
});

/// The annotations that act.
#[derive(Debug, Default)]
pub(crate) struct Annotations<'a> {
    /// AppArmor profiles, by container; what holds where the container's field is absent.
    pub app_armor: Vec<AppArmor<'a>>,
    /// Whether the pod is the mirror of one that a kubelet runs by itself.
    pub is_mirror: bool,
}

/// An AppArmor profile as pods had it before Kubernetes 1.30.
#[derive(Debug)]
pub(crate) struct AppArmor<'a> {
    pub container: String,
    pub profile: Text<'a>,
}

impl AppArmor<'_> {
    /// What comes before the container's name.
    pub const PREFIX: &'static str = "container.apparmor.security.beta.kubernetes.io/";
}

/// What a kubelet marks the mirrors of its own pods with.
const MIRROR: &str = "kubernetes.io/config.mirror";

impl<'a> Annotations<'a> {
    fn read(&mut self, value: &mut Reader<'a>) -> Result<(), Stop> {
        let acts = |key: &str| key == MIRROR || key.starts_with(AppArmor::PREFIX);
        value.entries(acts, &mut |key, value| {
            if key == MIRROR {
                self.is_mirror = true;
            } else if let (Some(container), Some(profile)) =
                (key.strip_prefix(AppArmor::PREFIX), value.text()?)
            {
                self.app_armor.push(AppArmor {
                    container: container.to_owned(),
                    profile,
                });
            }
            Ok(())
        })
    }
}

/// The labels that act.
#[derive(Debug, Default)]
pub(crate) struct Labels<'a> {
    /// What a Deployment calls its ReplicaSet by, after its own name.
    pub template_hash: Option<Text<'a>>,
}

impl<'a> Labels<'a> {
    fn read(&mut self, value: &mut Reader<'a>) -> Result<(), Stop> {
        let acts = |key: &str| key == "pod-template-hash";
        value.entries(acts, &mut |_, hash| {
            self.template_hash = hash.text()?;
            Ok(())
        })
    }
}

/// What an object belongs to, by its own word.
#[derive(Debug, Default)]
pub(crate) struct Owner<'a> {
    pub kind: Option<Text<'a>>,
    pub name: Option<Text<'a>>,
    /// Whether it is the one that manages the object.
    pub controller: bool,
}

reads!(Owner<'de> {
    "kind" => kind: text,
    "name" => name: text,
    "controller" => controller: flag,
});
