//! Strings as integers: which list of strings the codes of a layer are positions in.
//!
//! A program computes with integers. The strings that a model compares an input with, or looks up, are its *categories*: the sorted list of
//! them is public, an entry's code is its position there, and one code more stands for every other string. A list is known when all nodes
//! have been imported, so a model with such inputs is imported twice: the first time lists grow as operations ask for strings, the second
//! time they are what they have grown to. Strings that the model itself makes, as class labels, have the list that the model has them in.

use crate::element::Element;
use crate::graph::{Graph, Kind, LayerId, Real};
use crate::import::Importer;
use crate::import::refusal::{Imported, refuse};
use crate::import::value::Value;
use inferproof_view::Step;
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
}

impl Importer<'_> {
    /// Lets an input hold strings. Its categories, so far as they are known.
    pub fn string_input(&mut self, name: &str, layer: LayerId) -> Vec<String> {
        let lists = &mut self.strings;
        let known = lists.categories.as_ref();
        let known = known.map(|c| c.get(name).map_or_else(Vec::new, |list| list.to_vec()));
        lists.roots.insert(layer, lists.lists.len());
        lists.lists.push(List {
            grows: known.is_none(),
            strings: known.clone().unwrap_or_default(),
            input: Some(name.to_owned()),
        });
        known.unwrap_or_default()
    }

    /// A layer of positions in a list of strings that the model has, as a value.
    pub fn strings(&mut self, layer: LayerId, strings: Arc<Vec<String>>) -> Value {
        self.graph.keep(layer);
        let lists = &mut self.strings;
        lists.roots.insert(layer, lists.lists.len());
        lists.lists.push(List {
            strings: strings.to_vec(),
            input: None,
            grows: false,
        });
        Value::computed(layer, Element::String)
    }

    /// The codes of a layer of strings, among which those that are asked for have one each if entries can be such strings.
    pub fn codes<'s>(
        &mut self,
        layer: LayerId,
        wanted: impl Iterator<Item = &'s str>,
    ) -> Imported<Codes> {
        let found = self.lists_of(layer)?;
        let wanted: Vec<&str> = wanted.collect();
        for &id in &found {
            let Some(list) = self.strings.lists.get_mut(id) else {
                continue;
            };
            if list.grows {
                for text in &wanted {
                    if !list.strings.iter().any(|s| s == text) {
                        list.strings.push((*text).to_owned());
                    }
                }
            }
        }
        if found.len() > 1 {
            self.strings.joined.push(found.iter().copied().collect());
        }
        self.common_list(&found)
    }

    /// What the integers of an output of strings stand for.
    pub fn output_strings(&mut self, layer: LayerId) -> Imported<Vec<String>> {
        let found = self.lists_of(layer)?;
        let is_unread = |id: &usize| {
            let list = self.strings.lists.get(*id);
            list.is_some_and(|list| list.input.is_some() && !list.grows)
        };
        if found.iter().any(is_unread) {
            return refuse(
                "it holds strings of an input, of which a program knows no more than which of the model's own they equal; make an output of numbers",
            );
        }
        Ok(self.common_list(&found)?.strings)
    }

    /// Strings, computed or constant, as codes of one list: what is compared or selected. `keeps` says whether what comes of them may be
    /// any of them, so that all must be in the list; what is only compared may be in none.
    pub fn string_operands(
        &mut self,
        origin: &str,
        operands: &[&Value],
        keeps: bool,
    ) -> Imported<Vec<LayerId>> {
        let computed = operands.iter().filter_map(|value| match value {
            Value::Computed { layer, .. } => Some(*layer),
            _ => None,
        });
        let computed: Vec<LayerId> = computed.collect();
        let constants = operands.iter().filter_map(|value| value.constant());
        let wanted: BTreeSet<&str> = constants
            .filter_map(|tensor| tensor.strings())
            .flatten()
            .map(String::as_str)
            .collect();
        let mut found = BTreeSet::new();
        for &layer in &computed {
            self.codes(layer, wanted.iter().copied())?;
            found.extend(self.lists_of(layer)?);
        }
        if found.len() > 1 {
            self.strings.joined.push(found.clone());
        }
        let found: Vec<usize> = found.into_iter().collect();
        let codes = self.common_list(&found)?;
        if computed.len() > 1 && codes.has_others && !keeps {
            return refuse(
                "it compares strings of two inputs, of which a program only knows which of the model's own strings they are",
            );
        }
        let mut layers = Vec::new();
        for operand in operands {
            layers.push(match operand {
                Value::Constant(tensor) => {
                    let texts = tensor.strings().unwrap_or_default();
                    let of = |text: &String| match codes.of(text) {
                        Some(code) => Ok(code as f32),
                        None if keeps => refuse(format!(
                            "the string `{text}` meets strings of a list that does not have it; look them up before they are selected"
                        )),
                        None => Ok(codes.count() as f32),
                    };
                    let numbers = texts.iter().map(of).collect::<Imported<Vec<f32>>>()?;
                    let shape = tensor.shape().to_vec();
                    let layer = self.graph.add_constant(origin, shape, numbers);
                    self.same_strings(layer, &found);
                    layer
                }
                other => self.layer(origin, other)?,
            });
        }
        Ok(layers)
    }

    /// Says that a layer holds strings of the list that others are of.
    pub fn selected_strings(&mut self, layer: LayerId, of: LayerId) -> Imported<Value> {
        let found = self.lists_of(of)?;
        self.same_strings(layer, &found);
        Ok(Value::computed(layer, Element::String))
    }

    fn same_strings(&mut self, layer: LayerId, found: &[usize]) {
        if let Some(&list) = found.first() {
            self.graph.keep(layer);
            self.strings.roots.insert(layer, list);
        }
    }

    fn common_list(&self, found: &[usize]) -> Imported<Codes> {
        let lists: Vec<&List> = found
            .iter()
            .filter_map(|&id| self.strings.lists.get(id))
            .collect();
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
    fn lists_of(&self, layer: LayerId) -> Imported<Vec<usize>> {
        let numbers = traced(&self.graph, &self.strings.roots, layer)?;
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
    if !is_movement(kind) {
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

/// Whether a layer only moves entries of others, each for itself.
pub fn is_movement(kind: &Kind) -> bool {
    let sums = |step: &Step| match step {
        Step::Reduce {
            source, weights, ..
        } => *source != 1 || weights.is_some(),
        Step::Window { .. } | Step::SuffixSum { .. } => true,
        _ => false,
    };
    match kind {
        Kind::Linear(terms) => terms.iter().all(|term| {
            term.coefficient == 1.0 && term.source.is_some() && !term.view.steps().iter().any(sums)
        }),
        _ => false,
    }
}
