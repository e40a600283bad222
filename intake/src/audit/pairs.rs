//! A JSON object of which all members are alike, as it is read: looking up the few that are asked
//! for costs less than putting all of them in order.

use super::event::Text;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use std::fmt;

/// Keys with their values.
#[derive(Debug)]
pub(crate) struct Pairs<'a, V>(Vec<(Text<'a>, V)>);

impl<'a, V> Pairs<'a, V> {
    /// The value of a key; the last one, if the object has it twice.
    pub(crate) fn get(&self, key: &str) -> Option<&V> {
        let pair = self.0.iter().rfind(|(known, _)| **known == *key)?;
        Some(&pair.1)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Text<'a>, V)> {
        self.0.iter()
    }
}

impl<V> Default for Pairs<'_, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de: 'a, 'a, V: Deserialize<'de>> Deserialize<'de> for Pairs<'a, V> {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        value.deserialize_map(All(Self::default()))
    }
}

struct All<'a, V>(Pairs<'a, V>);

impl<'de: 'a, 'a, V: Deserialize<'de>> Visitor<'de> for All<'a, V> {
    type Value = Pairs<'a, V>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        while let Some(pair) = map.next_entry()? {
            self.0.0.push(pair);
        }
        Ok(self.0)
    }
}
