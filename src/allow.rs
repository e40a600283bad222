//! What the settings allow although a rule would find it: `rules.{id}.allow`.

use crate::capability::normalised;
use crate::form::Form;
use crate::near::nearest;
use crate::rules::capabilities;
use crate::rules::host_path::{HostPath, PathAnywhere};
use crate::text::{quoted, split_once};

/// All that is allowed; empty by default.
#[derive(Debug, Default)]
pub(crate) struct Allow {
    host_paths: Vec<AllowedPath>,
    /// Without prefix, in upper case.
    capabilities: Vec<String>,
    /// Ranges, both ends included.
    host_ports: Vec<(u16, u16)>,
}

/// A path, with what lies under it.
#[derive(Debug)]
struct AllowedPath {
    path: PathAnywhere,
    /// Whether it may only be read.
    read_only: bool,
}

impl Allow {
    /// The rules that have something to allow.
    pub const RULES: &[&str] = &["host-path", "capabilities", "host-port"];

    /// Reads what is allowed of a rule.
    pub fn read(&mut self, rule: &str, form: &mut Form<'_, '_>) {
        match rule {
            "host-path" => form.list(&mut |form| self.host_paths.extend(host_path(form))),
            "capabilities" => form.list(&mut |form| self.capabilities.extend(capability(form))),
            _ => form.list(&mut |form| self.host_ports.extend(host_ports(form))),
        }
    }

    pub fn has_host_path(&self, path: &str, is_read_only: bool) -> bool {
        !self.host_paths.is_empty() && self.has(&HostPath::new(path), is_read_only)
    }

    pub fn has(&self, path: &HostPath, is_read_only: bool) -> bool {
        let mut allowed = self.host_paths.iter();
        allowed
            .any(|allowed| allowed.path.is_or_holds(path) && (is_read_only || !allowed.read_only))
    }

    pub fn has_capability(&self, name: &str) -> bool {
        self.capabilities.iter().any(|allowed| allowed == name)
    }

    pub fn has_host_port(&self, port: i32) -> bool {
        let mut allowed = self.host_ports.iter();
        allowed.any(|(first, last)| (i32::from(*first)..=i32::from(*last)).contains(&port))
    }
}

/// `{path: /var/log, readOnly: true}`.
fn host_path(form: &mut Form<'_, '_>) -> Option<AllowedPath> {
    let mut path = None;
    let mut read_only = false;
    let before = form.mistakes_so_far();
    form.table_or_value(&["path", "readOnly"], &mut |key, form| match key {
        "path" => path = form.text().map(|text| text.as_str().to_owned()),
        _ => read_only = form.flag().unwrap_or_default(),
    });
    let Some(path) = path else {
        if form.mistakes_so_far() == before {
            form.mistake("no `path`");
        }
        return None;
    };
    if !HostPath::is_absolute(&path) {
        form.mistake("no absolute path");
        return None;
    }
    let path = PathAnywhere::new(&path);
    Some(AllowedPath { path, read_only })
}

fn capability(form: &mut Form<'_, '_>) -> Option<String> {
    let text = form.text()?;
    let name = normalised(text.as_str());
    if let Some(known) = capabilities::names().find(|known| **known == name) {
        return Some(known.to_owned());
    }
    // nobody is told to allow everything
    let near = nearest(
        &name,
        &mut capabilities::names().filter(|known| *known != "ALL"),
    );
    let what = match near {
        Some(near) => ["did you mean `", near, "`?"].concat(),
        None => "expected a name such as `NET_ADMIN`".to_owned(),
    };
    form.mistake(
        &[
            &quoted(text.as_str()),
            " is no capability of Linux, ",
            &what,
        ]
        .concat(),
    );
    None
}

/// `8080`, or `"30000-32767"`.
fn host_ports(form: &mut Form<'_, '_>) -> Option<(u16, u16)> {
    let range = match form.number() {
        Some(port) => u16::try_from(port).ok().map(|port| (port, port)),
        None => form.string().and_then(|text| {
            let text = text.as_str();
            let (first, last) = split_once(text, "-").unwrap_or((text, text));
            first.trim().parse().ok().zip(last.trim().parse().ok())
        }),
    };
    let range = range.filter(|(first, last)| *first > 0 && first <= last);
    if range.is_none() {
        form.mistake("no port, expected one such as `8080` or a range such as `\"30000-32767\"`");
    }
    range
}
