//! The head of an audit event: what it is about, read without reading what was sent. Most events
//! are passed over on its word alone, so it must not be wrong: what it cannot say for certain it
//! does not say.
//!
//! Of valid JSON everything here is exact. What is not valid JSON would not be judged either.

use super::resource::About;
use crate::message::quoted;
use memchr::{memchr_iter, memchr2};

/// What the head of an event says. Texts are as they stand in the JSON, without escapes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Head<'a> {
    pub(crate) id: &'a str,
    pub(crate) stage: &'a str,
    pub(crate) verb: &'a str,
    uri: &'a str,
    pub(crate) user: &'a str,
    pub(crate) group: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) subresource: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
    is_event: bool,
    has_reference: bool,
}

/// Whether a line is one audit event, whole by its looks, that does not matter.
pub(crate) fn is_irrelevant(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    if !line.starts_with(b"{") || !line.ends_with(b"}") {
        return false;
    }
    let mut head = Head::default();
    match head.read(line) {
        Some(()) => head.is_irrelevant() && is_one_value(line),
        None => false,
    }
}

/// What a request is about, in words, as far as the start of its event shows it; none if this is
/// none.
pub(crate) fn told(start: &[u8]) -> Option<String> {
    let head = Head::of(start)?;
    let mut about = head.resource.to_owned();
    if !head.subresource.is_empty() {
        about = format!("{about}/{}", head.subresource);
    }
    let name = match (head.namespace, head.name) {
        ("", name) => name.to_owned(),
        (namespace, name) => format!("{namespace}/{name}"),
    };
    let asked = [head.verb, &about, &name].map(quoted).join(" ");
    Some(format!("{asked} by {}", quoted(head.user)))
}

/// Whether nothing can stand behind the object that a line begins with: inside it, a comma or
/// another bracket follows each end of an object. In a text anything may, and then nothing is
/// certain.
fn is_one_value(line: &[u8]) -> bool {
    memchr_iter(b'}', line).all(|end| {
        let behind = line.get(end + 1..).unwrap_or_default().trim_ascii_start();
        matches!(behind.first(), None | Some(b',' | b'}' | b']'))
    })
}

impl<'a> Head<'a> {
    /// The head of an event that may be cut off behind it; none if it does not show what the
    /// request is about.
    pub(crate) fn of(line: &'a [u8]) -> Option<Self> {
        let mut head = Self::default();
        // what was read before the cut stands
        let _ = head.read(line);
        let is_shown = head.has_reference || head.only_reads();
        let is_known = head.is_event && !head.verb.is_empty() && is_shown && head.is_certain();
        is_known.then_some(head)
    }

    pub(crate) fn about(&self) -> About<'a> {
        About {
            verb: self.verb,
            uri: self.uri,
            group: self.group,
            resource: self.resource,
            subresource: self.subresource,
        }
    }

    /// Whether this is the first event of a request that matters, and not the last.
    pub(crate) fn is_first(&self) -> bool {
        let is_one = self.is_read() && self.is_certain() && self.stage == "RequestReceived";
        is_one && self.about().matter().is_some()
    }

    fn is_irrelevant(&self) -> bool {
        self.is_read() && self.is_certain() && self.about().matter().is_none()
    }

    /// A URI with escapes could say anything.
    fn is_certain(&self) -> bool {
        !(self.about().depends_on_uri() && self.uri.contains('\\'))
    }

    /// Whether the verb alone says that nothing is written.
    fn only_reads(&self) -> bool {
        matches!(self.verb, "list" | "watch")
    }

    fn is_read(&self) -> bool {
        self.is_event && ![self.id, self.stage, self.verb].contains(&"")
    }

    /// Reads members up to the one that decides, or to the end; none where something else stands
    /// than an event has there.
    fn read(&mut self, line: &'a [u8]) -> Option<()> {
        let mut scan = Scan { rest: line };
        scan.byte(b'{')?;
        loop {
            match scan.key()? {
                b"kind" => {
                    self.is_event = scan.text()? == "Event";
                    self.is_event.then_some(())?;
                }
                b"apiVersion" => {
                    if !scan.text()?.starts_with("audit.k8s.io/") {
                        return None;
                    }
                }
                b"auditID" => self.id = scan.text()?,
                b"stage" => self.stage = scan.text()?,
                b"requestURI" => self.uri = scan.raw_text()?,
                b"verb" => {
                    self.verb = scan.text()?;
                    if self.only_reads() && self.is_read() {
                        return Some(());
                    }
                }
                b"user" => self.user(&mut scan)?,
                b"objectRef" => {
                    self.object(&mut scan)?;
                    self.has_reference = true;
                    if self.is_read() {
                        return Some(());
                    }
                }
                _ => scan.skip()?,
            }
            match scan.peek()? {
                b',' => scan.advance(1)?,
                b'}' => return Some(()),
                _ => return None,
            };
        }
    }

    fn user(&mut self, scan: &mut Scan<'a>) -> Option<()> {
        scan.object(|key, scan| {
            match key {
                b"username" => self.user = scan.text()?,
                _ => scan.skip()?,
            }
            Some(())
        })
    }

    fn object(&mut self, scan: &mut Scan<'a>) -> Option<()> {
        scan.object(|key, scan| {
            match key {
                b"apiGroup" => self.group = scan.text()?,
                b"resource" => self.resource = scan.text()?,
                b"subresource" => self.subresource = scan.text()?,
                b"namespace" => self.namespace = scan.text()?,
                b"name" => self.name = scan.text()?,
                _ => scan.skip()?,
            }
            Some(())
        })
    }
}

/// A place in a JSON text. Each step is none where something else stands.
struct Scan<'a> {
    rest: &'a [u8],
}

impl<'a> Scan<'a> {
    fn peek(&mut self) -> Option<u8> {
        if self.rest.first().is_some_and(u8::is_ascii_whitespace) {
            self.rest = self.rest.trim_ascii_start();
        }
        self.rest.first().copied()
    }

    fn advance(&mut self, count: usize) -> Option<&'a [u8]> {
        let (passed, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(passed)
    }

    fn byte(&mut self, wanted: u8) -> Option<()> {
        (self.peek()? == wanted).then_some(())?;
        self.advance(1).map(drop)
    }

    /// A key, without escapes, and its colon. Keys are short, and none of ours has other letters
    /// than ASCII's.
    fn key(&mut self) -> Option<&'a [u8]> {
        self.byte(b'"')?;
        let is_end = |byte: &u8| matches!(byte, b'"' | b'\\');
        let end = self.rest.iter().position(is_end)?;
        let key = self.advance(end)?;
        self.byte_here(b'"')?;
        self.byte(b':')?;
        Some(key)
    }

    /// A string without escapes.
    fn text(&mut self) -> Option<&'a str> {
        self.byte(b'"')?;
        let end = memchr2(b'"', b'\\', self.rest)?;
        let text = self.advance(end)?;
        self.byte_here(b'"')?;
        str::from_utf8(text).ok()
    }

    /// A string as it stands, escapes and all.
    fn raw_text(&mut self) -> Option<&'a str> {
        self.byte(b'"')?;
        let start = self.rest;
        self.rest_of_text()?;
        let length = start.len() - self.rest.len() - 1;
        str::from_utf8(start.get(..length)?).ok()
    }

    fn rest_of_text(&mut self) -> Option<()> {
        loop {
            let end = memchr2(b'"', b'\\', self.rest)?;
            let found = self.rest.get(end).copied();
            self.advance(end + 1)?;
            if found == Some(b'"') {
                return Some(());
            }
            self.advance(1)?;
        }
    }

    fn byte_here(&mut self, wanted: u8) -> Option<()> {
        (self.rest.first() == Some(&wanted)).then_some(())?;
        self.advance(1).map(drop)
    }

    /// The members of an object.
    fn object(&mut self, mut member: impl FnMut(&'a [u8], &mut Self) -> Option<()>) -> Option<()> {
        self.byte(b'{')?;
        if self.peek()? == b'}' {
            return self.advance(1).map(drop);
        }
        loop {
            let key = self.key()?;
            member(key, self)?;
            match self.peek()? {
                b',' => self.advance(1)?,
                b'}' => return self.advance(1).map(drop),
                _ => return None,
            };
        }
    }

    /// Any value.
    fn skip(&mut self) -> Option<()> {
        match self.peek()? {
            b'"' => {
                self.advance(1)?;
                self.rest_of_text()
            }
            b'{' | b'[' => self.skip_brackets(),
            _ => {
                let is_end = |byte: &u8| matches!(byte, b',' | b'}' | b']');
                let end = self.rest.iter().position(is_end)?;
                self.advance(end).map(drop)
            }
        }
    }

    fn skip_brackets(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            let is_mark = |byte: &u8| matches!(byte, b'"' | b'{' | b'[' | b'}' | b']');
            let mark = self.rest.iter().position(is_mark)?;
            let found = self.rest.get(mark).copied();
            self.advance(mark + 1)?;
            match found {
                Some(b'"') => self.rest_of_text()?,
                Some(b'{' | b'[') => depth += 1,
                _ => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(());
                    }
                }
            }
        }
    }
}
