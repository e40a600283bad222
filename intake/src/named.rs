//! Values by their names. There is one map for whatever the values are: a copy of its code for each
//! of them would be 3 kB of the npm package.

use std::collections::BTreeMap;

/// Values with names, none of them twice.
#[derive(Debug)]
pub(crate) struct Named<T> {
    places: BTreeMap<String, usize>,
    /// In the order in which they came.
    values: Vec<T>,
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self {
            places: BTreeMap::new(),
            values: Vec::new(),
        }
    }
}

impl<T> Named<T> {
    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.values.get(*self.places.get(name)?)
    }

    /// Adds a value, in place of one of the same name.
    pub(crate) fn put(&mut self, name: String, value: T) {
        let place = *self.places.entry(name).or_insert(self.values.len());
        match self.values.get_mut(place) {
            Some(known) => *known = value,
            None => self.values.push(value),
        }
    }

    /// In the order of their names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &T)> {
        let places = self.places.iter();
        places.filter_map(|(name, place)| Some((name, self.values.get(*place)?)))
    }

    /// In the order in which they came.
    pub(crate) fn into_values(self) -> impl Iterator<Item = (String, T)> {
        let mut names = vec![String::new(); self.values.len()];
        for (name, place) in self.places {
            if let Some(empty) = names.get_mut(place) {
                *empty = name;
            }
        }
        names.into_iter().zip(self.values)
    }
}

impl<T> FromIterator<(String, T)> for Named<T> {
    fn from_iter<I: IntoIterator<Item = (String, T)>>(pairs: I) -> Self {
        let mut named = Self::default();
        for (name, value) in pairs {
            named.put(name, value);
        }
        named
    }
}
