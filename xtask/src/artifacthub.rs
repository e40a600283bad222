//! `artifacthub-pkg.yml`: what Artifact Hub shows of the policy, made of its metadata as `kwctl
//! scaffold artifacthub` makes it. The rules of the format are in Artifact Hub's
//! docs/metadata/artifacthub-pkg.yml and docs/kubewarden_annotations.md.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::metadata::Metadata;
use crate::{Error, changelog};

/// The name of the file, at the top of the project.
pub const FILE: &str = "artifacthub-pkg.yml";

const HEAD: &str =
    "# Written by `make artifacthub-pkg.yml` from policy-metadata/ and CHANGELOG.md.\n";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Package<'m> {
    version: &'m str,
    name: &'m str,
    category: &'static str,
    display_name: &'m str,
    created_at: String,
    description: &'m str,
    license: &'m str,
    #[serde(rename = "homeURL")]
    home_url: &'m str,
    containers_images: [Image; 1],
    keywords: Vec<&'m str>,
    links: [Link; 2],
    install: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<Change>,
    maintainers: Vec<Maintainer<'m>>,
    provider: Provider<'m>,
    recommendations: [Recommendation; 1],
    annotations: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
struct Image {
    name: &'static str,
    image: String,
}

#[derive(Serialize)]
struct Link {
    name: &'static str,
    url: String,
}

#[derive(Serialize)]
struct Change {
    kind: String,
    description: String,
}

#[derive(Serialize)]
struct Maintainer<'m> {
    name: &'m str,
    email: &'m str,
}

#[derive(Serialize)]
struct Provider<'m> {
    name: &'m str,
}

#[derive(Serialize)]
struct Recommendation {
    url: &'static str,
}

/// The text of the file. `created_at` holds for a version that is not in the file yet: what is
/// written again keeps the time that it had.
///
/// # Errors
/// When a file of the project cannot be read, or the metadata has not what is needed.
pub fn package(project: &Path, created_at: &str) -> Result<String, Error> {
    let metadata = Metadata::of(project)?;
    let read = |path: &str| {
        fs::read_to_string(project.join(path)).map_err(|error| format!("{path}: {error}"))
    };
    let questions = read("policy-metadata/questions-ui.yml")?;
    let changelog = read("CHANGELOG.md")?;
    let present = fs::read_to_string(project.join(FILE)).unwrap_or_default();

    let version = metadata.policy("version")?;
    let created_at = kept(&present, version).unwrap_or(created_at).to_owned();
    let source = metadata.policy("source")?;
    let image = format!("{}:v{version}", metadata.policy("ociUrl")?);
    // What is not released has no changes to tell of yet.
    let released = changelog::section(&changelog, version).ok();
    let changes = released.map_or(Vec::new(), |section| changelog::changes(section.text));
    let annotations = [
        ("kubewarden/mutation", metadata.mutating.to_string()),
        (
            "kubewarden/resources",
            metadata.annotation("io.artifacthub.resources")?.to_owned(),
        ),
        ("kubewarden/rules", serde_yaml::to_string(&metadata.rules)?),
        (
            "kubewarden/contextAwareResources",
            serde_yaml::to_string(&metadata.context_aware_resources)?,
        ),
        ("kubewarden/questions-ui", questions),
    ];
    let display_name = metadata.annotation("io.artifacthub.displayName")?;
    let package = Package {
        version,
        name: metadata.policy("title")?,
        category: "security",
        display_name,
        created_at,
        description: metadata.policy("description")?,
        license: metadata.policy("license")?,
        home_url: metadata.policy("url")?,
        keywords: metadata
            .annotation("io.artifacthub.keywords")?
            .split(',')
            .map(str::trim)
            .collect(),
        links: [
            Link {
                name: "policy",
                url: format!("{source}/releases/download/v{version}/policy.wasm"),
            },
            Link {
                name: "source",
                url: source.to_owned(),
            },
        ],
        install: format!(
            "The policy can be obtained using [`kwctl`](https://docs.kubewarden.io):\n\
             ```console\nkwctl pull {image}\n```\n\
             Then, generate the policy manifest and tune it to your need:\n\
             ```console\nkwctl scaffold manifest -t ClusterAdmissionPolicy registry://{image}\n```\n\
             [Manifests]({source}/tree/v{version}/deploy) to watch first and to enforce then come \
             with the source.\n",
        ),
        containers_images: [Image {
            name: "policy",
            image,
        }],
        changes: changes
            .into_iter()
            .map(|change| Change {
                kind: change.kind,
                description: change.description,
            })
            .collect(),
        maintainers: maintainers(metadata.policy("author")?)?,
        provider: Provider { name: display_name },
        recommendations: [Recommendation {
            url: "https://artifacthub.io/packages/helm/kubewarden/kubewarden-controller",
        }],
        annotations: annotations.into(),
    };
    Ok(format!("{HEAD}{}", serde_yaml::to_string(&package)?))
}

/// When the present file says that this version was made.
fn kept<'p>(present: &'p str, version: &str) -> Option<&'p str> {
    let line = |key: &str| present.lines().find_map(|line| line.strip_prefix(key));
    (line("version: ")? == version).then(|| line("createdAt: "))?
}

/// `Name <email>`, separated by commas.
fn maintainers(authors: &str) -> Result<Vec<Maintainer<'_>>, Error> {
    let maintainer = |author| {
        let (name, rest) = str::split_once(author, " <")?;
        let email = rest.strip_suffix('>')?;
        Some(Maintainer { name, email })
    };
    let authors = authors.split(',').map(str::trim);
    let all: Option<Vec<_>> = authors.map(maintainer).collect();
    all.ok_or_else(|| "an author is not of the form `Name <email>`".into())
}
