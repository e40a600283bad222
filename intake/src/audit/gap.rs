//! Why a request that matters cannot be judged.

use super::event::Event;
use std::fmt;

/// Why a request that matters cannot be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// The audit policy keeps no bodies of such requests.
    NoBody,
    /// The bodies, or the end of the event, were dropped on the way because they were too large.
    Truncated,
    /// It was refused before its body was read.
    RefusedUnread,
    /// A patch of an object that the log has not shown.
    NoBase,
    /// A patch that does not fit the object that the log has shown, or that is written in a way
    /// that is not read here.
    Unapplied,
    /// Its last event never came.
    Unfinished,
    /// The event has more than [`MAX_EVENT`] bytes, or as many objects as could not be told one by
    /// one in bounded memory.
    TooLarge,
}

impl Gap {
    /// A word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::NoBody => "no-body",
            Self::Truncated => "truncated",
            Self::RefusedUnread => "refused-unread",
            Self::NoBase => "no-base",
            Self::Unapplied => "unapplied",
            Self::Unfinished => "unfinished",
            Self::TooLarge => "too-large",
        }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::NoBody => "no body at this audit level",
            Self::Truncated => "the event was cut short",
            Self::RefusedUnread => "refused before its body was read",
            Self::NoBase => "a patch of an object that the log does not show",
            Self::Unapplied => "a patch that could not be applied to what the log shows",
            Self::Unfinished => "its last event is missing, which can hide a write",
            Self::TooLarge => "an event of more than 16 MiB, or of too many objects",
        })
    }
}

impl Event<'_> {
    /// Why the event holds no object.
    pub(super) fn gap(&self) -> Gap {
        // whoever asked is known before the body is read, whatever the level
        let is_refused = match self.code() {
            Some(401) if self.user.username.is_empty() => true,
            Some(401 | 403) => self.level.starts_with("Request"),
            _ => false,
        };
        if self.is_truncated() {
            Gap::Truncated
        } else if is_refused {
            Gap::RefusedUnread
        } else {
            Gap::NoBody
        }
    }
}
