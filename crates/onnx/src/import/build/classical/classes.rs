//! The labels of a classifier's classes.

use crate::element::Element;
use crate::graph::{Graph, Kind, LayerId};
use crate::import::Importer;
use crate::import::node::Node;
use crate::import::refusal::{Imported, refuse};
use crate::import::value::Value;
use inferproof_view::Step;
use std::sync::Arc;

/// Labels are weights of a sum; beyond this an integer may not be a float.
const MAX_LABEL: u64 = 1 << 24;

/// The labels of the classes. Where they are strings, a class's position in their list stands for it.
pub struct Classes {
    labels: Vec<i64>,
    strings: Option<Arc<Vec<String>>>,
}

impl Classes {
    /// The labels of a node that has them as strings or, in an attribute of this name, as integers.
    pub fn of(node: &Node<'_>, integers: &str) -> Imported<Self> {
        let strings = node.strings("classlabels_strings")?.unwrap_or_default();
        let integers = node.ints(integers).unwrap_or_default();
        let classes = match strings.is_empty() {
            true => Self {
                labels: integers.to_vec(),
                strings: None,
            },
            false => Self {
                labels: (0i64..).take(strings.len()).collect(),
                strings: Some(Arc::new(strings.into_iter().map(str::to_owned).collect())),
            },
        };
        if let Some(label) = classes.labels.iter().find(|l| l.unsigned_abs() > MAX_LABEL) {
            return refuse(format!(
                "the class label {label}; expected one within {MAX_LABEL}"
            ));
        }
        match classes.len() {
            count @ 0..2 => refuse(format!("{count} class labels; expected two or more")),
            _ => Ok(classes),
        }
    }

    /// How many classes there are.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether each label is its position.
    pub fn are_positions(&self) -> bool {
        (0..)
            .zip(&self.labels)
            .all(|(position, &label)| position == label)
    }

    /// The labels that stand for the first two classes.
    pub fn pair(&self) -> [f64; 2] {
        let label = |place: usize| self.labels.get(place).map_or(0.0, |&l| l as f64);
        [label(0), label(1)]
    }
}

impl Importer<'_> {
    /// Codes of labels, `[samples]`, as the value of an output.
    pub fn labels(&mut self, classes: &Classes, layer: LayerId) -> Value {
        match &classes.strings {
            Some(strings) => self.strings(layer, strings),
            None => Value::computed(layer, Element::Int64),
        }
    }

    /// Of scores `[samples, classes]`: the label of the first greatest.
    pub fn label_of_greatest(
        &mut self,
        origin: &str,
        scores: LayerId,
        classes: &Classes,
    ) -> Imported<Value> {
        let hot = self.first_greatest(origin, scores);
        let label = Step::Reduce {
            axis: 1,
            source: classes.len(),
            weights: Some(classes.labels.clone()),
        };
        let layer = self.graph.view(origin, hot, vec![label])?;
        Ok(self.labels(classes, layer))
    }

    /// 1 at the first greatest entry of each row, else 0.
    pub fn first_greatest(&mut self, origin: &str, rows: LayerId) -> LayerId {
        let kind = Kind::OneHot {
            source: rows,
            taken: vec![],
        };
        let shape = self.graph.shape(rows).to_vec();
        self.graph.push(origin, shape, kind)
    }

    /// Of bits `[samples]`: the second label where they are 1, else the first.
    pub fn label_of_two(
        &mut self,
        origin: &str,
        second: LayerId,
        classes: &Classes,
    ) -> Imported<Value> {
        let [no, yes] = classes.pair();
        let layer = self.one_of_two(origin, second, no, yes)?;
        Ok(self.labels(classes, layer))
    }

    /// One number where bits are 0, another where they are 1.
    pub fn one_of_two(
        &mut self,
        origin: &str,
        bits: LayerId,
        no: f64,
        yes: f64,
    ) -> Imported<LayerId> {
        if (no, yes) == (0.0, 1.0) {
            return Ok(bits);
        }
        let shape = self.graph.shape(bits).to_vec();
        let terms = vec![
            self.graph.summand(yes - no, bits, vec![])?,
            Graph::fill(no, &shape)?,
        ];
        Ok(self.graph.sum(origin, terms))
    }
}
