//! Text for a person: colour, width, and nothing that could paint the
//! terminal. Names, values and messages come from whoever wrote the object.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};

use anstyle::{AnsiColor, Style};
use textwrap::{Options, WordSeparator, WordSplitter};

use crate::answer::Severity;

/// Columns where there is no terminal to ask.
const COLUMNS: usize = 100;

/// How text is laid out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    pub(crate) color: bool,
    pub(crate) columns: usize,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Terminal {
    /// What standard output is.
    pub(crate) fn stdout(color: Color) -> Self {
        let stdout = io::stdout();
        let columns = match terminal_size::terminal_size_of(&stdout) {
            Some((width, _)) if stdout.is_terminal() => usize::from(width.0).clamp(40, 120),
            _ => COLUMNS,
        };
        Self {
            color: match color {
                Color::Auto => {
                    anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never
                }
                Color::Always => true,
                Color::Never => false,
            },
            columns,
        }
    }

    pub(crate) fn paint(self, style: Style, text: &str) -> String {
        if self.color {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.paint(Style::new().dimmed(), text)
    }

    pub(crate) fn severity(self, severity: Severity, text: &str) -> String {
        let color = match severity {
            Severity::Critical => AnsiColor::Red.on_default().bold(),
            Severity::High => AnsiColor::Red.on_default(),
            Severity::Medium => AnsiColor::Yellow.on_default(),
            Severity::Low => AnsiColor::Cyan.on_default(),
        };
        self.paint(color, text)
    }

    /// A paragraph under `label`, its lines below each other. Long words, such
    /// as paths, stay whole so that they can be copied.
    pub(crate) fn labelled(self, label: &str, text: &str) -> String {
        let width = textwrap::core::display_width(label);
        self.hanging(&self.dim(label), width, text)
    }

    /// The same, under a label of `width` columns that is painted already.
    pub(crate) fn hanging(self, painted: &str, width: usize, text: &str) -> String {
        let indent = " ".repeat(width);
        let options = Options::new(self.columns)
            .initial_indent(&indent)
            .subsequent_indent(&indent)
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation)
            .break_words(false);
        let filled = textwrap::fill(&escaped(text), options);
        // the label is put in place of the indent last, as it may hold colour
        let body = filled.strip_prefix(&indent).unwrap_or(&filled);
        format!("{painted}{body}\n")
    }
}

/// Text in which nothing acts on a terminal: control characters, line breaks
/// and what turns the writing direction are shown as escapes.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(acts_on_a_terminal) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => safe.push_str("\\n"),
            '\t' => safe.push_str("\\t"),
            '\r' => safe.push_str("\\r"),
            _ if acts_on_a_terminal(character) => {
                // writing to a string cannot fail
                let _ = write!(safe, "\\u{{{:x}}}", u32::from(character));
            }
            _ => safe.push(character),
        }
    }
    Cow::Owned(safe)
}

/// The first so many characters of a text; `…` at its end says that there are more.
pub(crate) fn shortened(text: &str, characters: usize) -> Cow<'_, str> {
    match text.char_indices().nth(characters) {
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}

/// Control characters, and the format characters of Unicode's bidirectional
/// algorithm (UAX #9), line and paragraph separators and invisible spaces.
pub(crate) fn acts_on_a_terminal(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::{Terminal, escaped, shortened};

    #[test]
    fn shows_what_would_paint_the_terminal() {
        assert_eq!(escaped("web"), "web");
        assert_eq!(escaped("é ✓"), "é ✓");
        assert_eq!(escaped("\u{1b}[2Jgone\r\n"), "\\u{1b}[2Jgone\\r\\n");
        assert_eq!(escaped("\u{9b}31m\u{7f}"), "\\u{9b}31m\\u{7f}");
        assert_eq!(
            escaped("a\u{202e}b\u{2066}c\u{2028}"),
            "a\\u{202e}b\\u{2066}c\\u{2028}"
        );
    }

    #[test]
    fn shortens_between_characters() {
        assert_eq!(shortened("äöü", 3), "äöü");
        assert_eq!(shortened("äöüß", 3), "äöü…");
    }

    #[test]
    fn wraps_below_the_label_and_keeps_words_whole() {
        let terminal = Terminal {
            color: false,
            columns: 20,
        };
        assert_eq!(
            terminal.labelled("  fix  ", "drop the volume a/very/long/path/it/is now"),
            "  fix  drop the\n       volume\n       a/very/long/path/it/is\n       now\n"
        );
    }
}
