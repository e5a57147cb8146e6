//! Which list of strings the codes of each layer of strings are positions in.
//!
//! The lists of inputs grow as operations ask for strings; entries that meet in one layer are of one list.

use crate::graph::{Graph, Kind, LayerId, Real};
use crate::import::refusal::{Imported, refuse};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const COMPUTES: &str = "it computes with strings; look them up first (LabelEncoder, OneHotEncoder, CategoryMapper, Equal with a constant)";

/// The categories of the inputs of strings, by their names.
pub type Categories = BTreeMap<String, Arc<Vec<String>>>;

/// A list of strings.
struct List {
    strings: Vec<String>,
    /// Of an input: its name. Such a list has a code for all other strings.
    input: Option<String>,
    /// Of an input: whether strings may still be added.
    grows: bool,
}

/// The lists of a model under import.
#[derive(Default)]
pub struct StringLists {
    lists: Vec<List>,
    /// The list of each layer of strings that is no rearrangement of others.
    roots: BTreeMap<LayerId, usize>,
    /// Inputs whose entries meet in one layer: these have one list.
    joined: Vec<BTreeSet<usize>>,
    /// What the lists of inputs have grown to; none yet the first time.
    categories: Option<Categories>,
}

/// The strings that the codes of a layer are positions of.
pub struct Codes {
    pub strings: Vec<String>,
    /// Whether there is one code more, for every other string.
    pub has_others: bool,
}

impl Codes {
    /// How many codes there are.
    pub fn count(&self) -> usize {
        self.strings.len() + usize::from(self.has_others)
    }

    /// The code of a string; none if no entry can be it.
    pub fn of(&self, text: &str) -> Option<usize> {
        self.strings.iter().position(|s| s == text)
    }
}

impl StringLists {
    /// Lists for a second import.
    pub fn grown(categories: Categories) -> Self {
        Self {
            categories: Some(categories),
            ..Self::default()
        }
    }

    /// What the lists of inputs have grown to, sorted; `None` if they had been known before, or no input holds strings.
    pub fn categories(&self) -> Option<Categories> {
        let inputs = self.lists.iter().enumerate();
        let inputs = inputs.filter_map(|(id, list)| Some((id, list.input.clone()?)));
        let grown = inputs.map(|(id, name)| {
            // Joined with a list that is joined with another, it has that one's strings as well.
            let mut together = BTreeSet::from([id]);
            loop {
                let touching = self.joined.iter().filter(|set| !set.is_disjoint(&together));
                let next: BTreeSet<usize> = touching.flatten().copied().chain([id]).collect();
                if next == together {
                    break;
                }
                together = next;
            }
            let strings = together.iter().filter_map(|&id| self.lists.get(id));
            let strings: BTreeSet<String> = strings
                .flat_map(|list| list.strings.iter().cloned())
                .collect();
            let mut strings: Vec<String> = strings.into_iter().collect();
            if strings.is_empty() {
                // Nothing depends on it; an input of strings has one category at least.
                strings.push(String::new());
            }
            (name, Arc::new(strings))
        });
        let grown: Categories = grown.collect();
        (self.categories.is_none() && !grown.is_empty()).then_some(grown)
    }

    /// Says that a layer is an input of strings. Its categories, so far as they are known.
    pub fn add_input(&mut self, name: &str, layer: LayerId) -> Vec<String> {
        let known = self.categories.as_ref();
        let known = known.map(|c| c.get(name).map_or_else(Vec::new, |list| list.to_vec()));
        self.roots.insert(layer, self.lists.len());
        self.lists.push(List {
            grows: known.is_none(),
            strings: known.clone().unwrap_or_default(),
            input: Some(name.to_owned()),
        });
        known.unwrap_or_default()
    }

    /// Says that a layer holds positions in a list of strings that the model has.
    pub fn add_list(&mut self, layer: LayerId, strings: &[String]) {
        self.roots.insert(layer, self.lists.len());
        self.lists.push(List {
            strings: strings.to_vec(),
            input: None,
            grows: false,
        });
    }

    /// Says that a layer holds strings of a list that others are of.
    pub fn add_same(&mut self, layer: LayerId, list: usize) {
        self.roots.insert(layer, list);
    }

    /// Asks for strings in lists: they are added to those that grow.
    pub fn ask(&mut self, lists: &[usize], wanted: &[&str]) {
        for &id in lists {
            let Some(list) = self.lists.get_mut(id) else {
                continue;
            };
            if list.grows {
                for text in wanted {
                    if !list.strings.iter().any(|s| s == text) {
                        list.strings.push((*text).to_owned());
                    }
                }
            }
        }
    }

    /// Says that entries of these lists meet in one layer.
    pub fn join(&mut self, lists: &[usize]) {
        if lists.len() > 1 {
            self.joined.push(lists.iter().copied().collect());
        }
    }

    /// Whether a list is that of an input, and has all its strings.
    pub fn is_closed_input(&self, list: usize) -> bool {
        let list = self.lists.get(list);
        list.is_some_and(|list| list.input.is_some() && !list.grows)
    }

    /// The list that all of these are.
    pub fn common(&self, found: &[usize]) -> Imported<Codes> {
        let lists: Vec<&List> = found.iter().filter_map(|&id| self.lists.get(id)).collect();
        let Some((first, rest)) = lists.split_first() else {
            return refuse("it reads strings of which nothing is known");
        };
        // While lists grow they need not be alike yet.
        let is_other = |list: &&&List| {
            list.strings != first.strings || list.input.is_some() != first.input.is_some()
        };
        let open = lists.iter().any(|list| list.grows);
        if !open && rest.iter().any(|list| is_other(&list)) {
            return refuse(
                "strings of an input, or of two lists of the model, that meet in one tensor; look them up before they are joined",
            );
        }
        Ok(Codes {
            strings: first.strings.clone(),
            has_others: first.input.is_some(),
        })
    }

    /// The lists that the entries of a layer are of.
    pub fn of_layer(&self, graph: &Graph, layer: LayerId) -> Imported<Vec<usize>> {
        let numbers = traced(graph, &self.roots, layer)?;
        let ids: BTreeSet<usize> = numbers.iter().map(|n| n.0 as usize).collect();
        if ids.contains(&0) {
            return refuse("a tensor of strings with places that nothing has filled");
        }
        Ok(ids.iter().map(|id| id - 1).collect())
    }
}

/// For each entry of a layer one more than the list that it is of.
fn traced(
    graph: &Graph,
    roots: &BTreeMap<LayerId, usize>,
    layer: LayerId,
) -> Imported<Arc<Vec<Real>>> {
    let mut needed = BTreeSet::from([layer]);
    let mut pending = vec![layer];
    while let Some(next) = pending.pop() {
        if roots.contains_key(&next) {
            continue;
        }
        let sources = graph.layer(next).kind.sources();
        pending.extend(sources.into_iter().filter(|&source| needed.insert(source)));
    }
    let mut known: BTreeMap<LayerId, Arc<Vec<Real>>> = BTreeMap::new();
    // A layer stands behind those that it reads.
    for &next in &needed {
        let numbers = match roots.get(&next) {
            Some(&list) => {
                let count = graph.shape(next).iter().product();
                vec![Real((list + 1) as f64); count]
            }
            None => rearranged(&graph.layer(next).kind, &known)?,
        };
        known.insert(next, Arc::new(numbers));
    }
    Ok(known.remove(&layer).unwrap_or_default())
}

/// What a layer that only moves entries makes of numbers for them.
fn rearranged(kind: &Kind, known: &BTreeMap<LayerId, Arc<Vec<Real>>>) -> Imported<Vec<Real>> {
    let Kind::Linear(terms) = kind else {
        return refuse(COMPUTES);
    };
    if !kind.only_moves() {
        return refuse(COMPUTES);
    }
    let mut numbers: Vec<Real> = Vec::new();
    for term in terms {
        let source = term.source.and_then(|source| known.get(&source));
        let Some(source) = source else {
            return refuse(COMPUTES);
        };
        let viewed = term.view.apply(&source[..])?;
        numbers.resize(viewed.len(), Real::default());
        for (sum, number) in numbers.iter_mut().zip(viewed) {
            if sum.0 != 0.0 && number.0 != 0.0 {
                return refuse(COMPUTES);
            }
            sum.0 += number.0;
        }
    }
    Ok(numbers)
}
