//! Reads settings as one reads a filled-in form: to the end, noting every mistake with its place,
//! instead of stopping at the first.

use crate::near::nearest;
use crate::text::{push_all, quoted};
use crate::view::{self, Reader, Text};

/// What is wrong with settings, in the order in which it stands there.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Mistakes(Vec<String>);

impl Mistakes {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them in one text, `separator` between.
    pub fn joined(&self, separator: &str) -> String {
        self.0.join(separator)
    }
}

/// A value in settings, and where it stands.
pub(crate) struct Form<'t, 'm> {
    text: &'t str,
    /// Its path as people write it, such as `exemptions[0].rules`; empty for the whole.
    path: String,
    mistakes: &'m mut Mistakes,
}

impl<'t, 'm> Form<'t, 'm> {
    pub fn new(text: &'t str, mistakes: &'m mut Mistakes) -> Self {
        Self {
            text,
            path: String::new(),
            mistakes,
        }
    }

    /// Notes a mistake in this value.
    pub fn mistake(&mut self, what: &str) {
        let path = if self.path.is_empty() {
            "settings"
        } else {
            &self.path
        };
        self.mistakes.0.push([path, ": ", what].concat());
    }

    /// What the value is, for a person.
    fn found(&self) -> &'static str {
        match self.text.as_bytes().first() {
            Some(b'{') => "an object",
            Some(b'[') => "an array",
            Some(b'"') => "a string",
            Some(b't' | b'f') => "a boolean",
            Some(b'n') => "null",
            _ => "a number",
        }
    }

    /// Notes that this value is something else than was expected.
    fn unfit(&mut self, expected: &str) {
        self.mistake(&[self.found(), ", expected ", expected].concat());
    }

    /// Notes that this value is none of the words that are allowed here.
    fn no_word(&mut self, text: Option<&Text<'_>>, others: &[(&str, &str)], allowed: &[&str]) {
        let Some(text) = text.map(Text::as_str) else {
            return self.none_of(self.found(), "", allowed);
        };
        let other = others.iter().find(|(word, _)| *word == text);
        match other {
            Some((_, instead)) => self.mistake(&[&quoted(text), ", ", instead].concat()),
            None => self.none_of(&quoted(text), text, allowed),
        }
    }

    /// Notes that something is none of the words that are allowed: the one that may be meant, and
    /// all, if they are not too many beside it.
    fn none_of(&mut self, what: &str, written: &str, allowed: &[&str]) {
        /// More than there are in any table but that of the rules.
        const MANY: usize = 12;

        let mut text = [what, ", "].concat();
        if let Some(near) = nearest(written, &mut allowed.iter().copied()) {
            push_all(&mut text, &["did you mean `", near, "`?"]);
            if allowed.len() > MANY {
                return self.mistake(&text);
            }
            text.push(' ');
        }
        text.push_str("expected one of");
        for (index, word) in allowed.iter().enumerate() {
            push_all(
                &mut text,
                &[if index == 0 { " `" } else { ", `" }, word, "`"],
            );
        }
        self.mistake(&text);
    }

    /// How many mistakes there are so far, of this value and of all before it.
    pub fn mistakes_so_far(&self) -> usize {
        self.mistakes.0.len()
    }

    /// Reads an object: `field` is called for each of its keys that is among `keys`; any other is
    /// a mistake, and so is a key that stands twice.
    pub fn table(
        &mut self,
        keys: &[&'static str],
        field: &mut dyn FnMut(&'static str, &mut Form<'_, '_>),
    ) {
        self.table_without(&[], keys, field);
    }

    /// Reads an object as [`Form::table`] does. What is none is told with the first of the keys
    /// that takes it as its value.
    pub fn table_or_value(
        &mut self,
        keys: &[&'static str],
        field: &mut dyn FnMut(&'static str, &mut Form<'_, '_>),
    ) {
        if self.found() == "an object" {
            return self.table(keys, field);
        }
        let mut takes = |key: &&'static str| {
            let mut mistakes = Mistakes::default();
            field(key, &mut Form::new(self.text, &mut mistakes));
            mistakes.is_empty()
        };
        let (key, value) = match keys.iter().find(|key| takes(key)) {
            Some(key) => (Some(key), self.shown()),
            None => (keys.first(), "…"),
        };
        let form = ["{", key.copied().unwrap_or_default(), ": ", value, "}"].concat();
        self.unfit(&["an object such as ", &quoted(&form)].concat());
    }

    /// The value as one writes it in YAML: without the quotes that it does not need.
    fn shown(&self) -> &'t str {
        let needs_none = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._".contains(&byte);
        let word = self
            .text
            .strip_prefix('"')
            .and_then(|word| word.strip_suffix('"'))
            .unwrap_or(self.text);
        match word {
            "false" => "off",
            word if word.bytes().all(needs_none) => word,
            _ => self.text,
        }
    }

    /// Reads an object as [`Form::table`] does; `elsewhere` are keys that do not stand here, and
    /// where they do.
    pub fn table_without(
        &mut self,
        elsewhere: &[(&str, &str)],
        keys: &[&'static str],
        field: &mut dyn FnMut(&'static str, &mut Form<'_, '_>),
    ) {
        let Some(entries) = view::members(self.text) else {
            return self.unfit("an object");
        };
        let mut seen: Vec<&'static str> = Vec::new();
        for (name, value) in entries {
            let Some(key) = keys.iter().copied().find(|key| *key == name.as_str()) else {
                let name = name.as_str();
                let what = ["unknown key ", &quoted(name)].concat();
                match elsewhere.iter().find(|(key, _)| *key == name) {
                    Some((_, place)) => self.mistake(&[&what, ", ", place].concat()),
                    None => self.none_of(&what, name, keys),
                }
                continue;
            };
            if seen.contains(&key) {
                self.mistake(&["the key `", key, "` stands twice"].concat());
                continue;
            }
            seen.push(key);
            let path = if self.path.is_empty() {
                key.to_owned()
            } else {
                [&self.path, ".", key].concat()
            };
            field(
                key,
                &mut Form {
                    text: value,
                    path,
                    mistakes: self.mistakes,
                },
            );
        }
    }

    /// Reads an array: `element` is called for each of its values.
    pub fn list(&mut self, element: &mut dyn FnMut(&mut Form<'_, '_>)) {
        let Some(values) = view::elements(self.text) else {
            return self.unfit("an array");
        };
        for (index, value) in values.into_iter().enumerate() {
            let path = format!("{}[{index}]", self.path);
            element(&mut Form {
                text: value,
                path,
                mistakes: self.mistakes,
            });
        }
    }

    /// Reads a string.
    pub fn text(&mut self) -> Option<Text<'t>> {
        let text = self.string();
        match (&text, self.found()) {
            (Some(_), _) => {}
            (None, "a number" | "a boolean") => {
                self.unfit("a string; in YAML, write it in quotes");
            }
            (None, _) => self.unfit("a string"),
        }
        text
    }

    /// The value, if it is a string; anything else is no mistake.
    pub fn string(&self) -> Option<Text<'t>> {
        view::only(self.text, Reader::text)
    }

    /// Reads an object of strings, all of which must be there, in the order of the keys.
    pub fn strings(&mut self, keys: &[&'static str]) -> Option<Vec<String>> {
        let mut texts: Vec<Option<String>> = vec![None; keys.len()];
        let before = self.mistakes_so_far();
        self.table(keys, &mut |given, form| {
            let text = form.text().map(|text| text.as_str().to_owned());
            let mut places = keys.iter().zip(&mut texts);
            if let Some((_, place)) = places.find(|(key, _)| **key == given) {
                *place = text;
            }
        });
        if self.mistakes_so_far() > before {
            return None;
        }
        for (key, text) in keys.iter().zip(&texts) {
            if text.is_none() {
                self.mistake(&["no `", key, "`"].concat());
            }
        }
        texts.into_iter().collect()
    }

    /// Reads a boolean.
    pub fn flag(&mut self) -> Option<bool> {
        let flag = view::only(self.text, Reader::tristate);
        if flag.is_none() {
            self.unfit("`true` or `false`");
        }
        flag
    }

    /// The value, if it is a whole number; anything else is no mistake.
    pub fn number(&self) -> Option<i64> {
        self.text.parse().ok()
    }

    /// Reads one of a few words. YAML 1.1 takes `off` for a boolean, so `false` stands for it.
    pub fn one_of<T: Copy>(&mut self, words: &[(&str, T)]) -> Option<T> {
        self.one_of_without(&[], words)
    }

    /// Reads one of a few words as [`Form::one_of`] does; `others` are words that do not stand
    /// here, and what to write.
    pub fn one_of_without<T: Copy>(
        &mut self,
        others: &[(&str, &str)],
        words: &[(&str, T)],
    ) -> Option<T> {
        if self.text == "false"
            && let Some((_, off)) = words.iter().find(|(word, _)| *word == "off")
        {
            return Some(*off);
        }
        let text = self.string();
        let found = text.as_ref().and_then(|text| {
            let mut words = words.iter();
            words.find(|(word, _)| *word == text.as_str())
        });
        if found.is_none() {
            let allowed: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.no_word(text.as_ref(), others, &allowed);
        }
        found.map(|(_, value)| *value)
    }
}
