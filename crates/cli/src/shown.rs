//! What is shown of a run, for people: real numbers or strings with the program's integers beside them; of a distribution the class, with
//! its label; of other long vectors the greatest entries.

use inferproof::{Entries, Program, Ranking, TensorId, meant};
use serde::Serialize;
use std::fmt;

/// How many entries are printed.
const FEW: usize = 5;

/// A tensor of which all entries are shown.
#[derive(Debug)]
pub struct Shown {
    /// Its name.
    pub name: String,
    /// What its entries mean.
    pub entries: Entries,
    /// Its integers.
    pub integers: Vec<i64>,
    is_vector: bool,
    is_integral: bool,
    /// What its integers stand for, if for strings.
    categories: Vec<String>,
}

/// The class that a distribution prefers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Class {
    /// Its place.
    pub class: usize,
    /// What the model's output of strings calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// As the distribution says.
    pub probability: f64,
}

impl Shown {
    /// What a tensor's integers are, if there is such a tensor.
    pub fn new(program: &Program, id: TensorId, integers: Vec<i64>) -> Option<Self> {
        let tensor = program.tensor(id)?;
        let last = tensor.shape.last().copied().unwrap_or(1);
        Some(Self {
            name: tensor.name.clone(),
            entries: meant(program, id, &integers)?,
            is_vector: last == integers.len(),
            is_integral: tensor.scale_log2 == 0,
            categories: program
                .meaning(id)
                .map_or_else(Vec::new, |m| m.categories.clone()),
            integers,
        })
    }

    /// The class that it prefers, if it is a distribution. Another output of strings says what the classes are called.
    pub fn class(&self, outputs: &[Self]) -> Option<Class> {
        let Entries::Numbers(values) = &self.entries else {
            return None;
        };
        let ranking = Ranking::new(values);
        let is_distribution = self.is_vector && ranking.is_distribution;
        let class = *ranking.order.first().filter(|_| is_distribution)?;
        let label = outputs
            .iter()
            .find_map(|output| output.label(class, values.len()));
        Some(Class {
            class,
            label,
            probability: *values.get(class)?,
        })
    }

    /// What this output of one string calls a class, if it says so itself.
    fn label(&self, class: usize, classes: usize) -> Option<String> {
        let Entries::Texts(texts) = &self.entries else {
            return None;
        };
        let [Some(said)] = texts.as_slice() else {
            return None;
        };
        let called = self.categories.get(class)?;
        (self.categories.len() == classes && called == said).then(|| said.clone())
    }

    /// In words, among all outputs; among none if it is an input.
    pub fn among(&self, outputs: &[Self]) -> String {
        let values = match &self.entries {
            Entries::Numbers(values) => values,
            Entries::Texts(texts) => return format!("{}: {}", self.name, self.texts(texts)),
        };
        let class = self.class(outputs).map(|class| {
            let label = class.label.map(|label| format!(" {label:?}"));
            let label = label.unwrap_or_default();
            let probability = Digits(class.probability);
            format!("class {}{label}, probability {probability}; ", class.class)
        });
        let is_long = values.len() > FEW;
        let (entries, rest) = if self.is_vector && is_long && !outputs.is_empty() {
            let greatest = Ranking::new(values).order.into_iter().take(FEW);
            let entries = greatest.map(|entry| format!("{entry}: {}", self.entry(entry, values)));
            (
                entries.collect(),
                format!(" (the greatest of {})", values.len()),
            )
        } else {
            let first = 0..values.len().min(FEW);
            let entries = first.map(|entry| self.entry(entry, values));
            (entries.collect::<Vec<_>>(), in_all(values.len()))
        };
        let class = class.unwrap_or_default();
        format!("{}: {class}{}{rest}", self.name, entries.join(", "))
    }

    fn texts(&self, texts: &[Option<String>]) -> String {
        let pairs = texts.iter().zip(&self.integers).take(FEW);
        let entries = pairs.map(|(text, integer)| match text {
            Some(text) => format!("{text:?} ({integer})"),
            None => format!("another string ({integer})"),
        });
        let entries: Vec<String> = entries.collect();
        format!("{}{}", entries.join(", "), in_all(texts.len()))
    }

    /// A real number, and the integer behind it where that is another.
    fn entry(&self, entry: usize, values: &[f64]) -> String {
        let value = values.get(entry).copied().unwrap_or_default();
        let integer = self.integers.get(entry).copied().unwrap_or_default();
        match self.is_integral && !value.is_nan() {
            true => integer.to_string(),
            false => format!("{} ({integer})", Digits(value)),
        }
    }
}

/// What stands behind the first entries.
fn in_all(count: usize) -> String {
    match count > FEW {
        true => format!(", .. ({count} in all)"),
        false => String::new(),
    }
}

/// A number with six digits behind the point at most.
struct Digits(f64);

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", (self.0 * 1e6).round() / 1e6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(name: &str, values: &[f64], scale: f64) -> Shown {
        Shown {
            name: name.into(),
            entries: Entries::Numbers(values.to_vec()),
            integers: values.iter().map(|v| (v * scale) as i64).collect(),
            is_vector: true,
            is_integral: scale == 1.0,
            categories: vec![],
        }
    }

    fn label(said: &str, integer: i64) -> Shown {
        Shown {
            name: "label".into(),
            entries: Entries::Texts(vec![Some(said.into())]),
            integers: vec![integer],
            is_vector: true,
            is_integral: true,
            categories: vec!["cat".into(), "dog".into()],
        }
    }

    #[test]
    fn a_distribution_has_a_class_with_its_label() {
        let outputs = [label("dog", 1), numbers("p", &[0.25, 0.75], 4.0)];
        assert_eq!(
            outputs[1].among(&outputs),
            "p: class 1 \"dog\", probability 0.75; 0.25 (1), 0.75 (3)"
        );
        assert_eq!(outputs[0].among(&outputs), "label: \"dog\" (1)");
        // A label that is not that of the greatest probability is not put beside it.
        let outputs = [label("cat", 0), numbers("p", &[0.25, 0.75], 4.0)];
        assert_eq!(outputs[1].class(&outputs).unwrap().label, None);
    }

    #[test]
    fn of_other_vectors_the_greatest_entries_are_shown() {
        let outputs = [numbers("y", &[0.5, -1.0, 3.0, 7.0, 7.0, 2.0, -4.0], 2.0)];
        assert_eq!(
            outputs[0].among(&outputs),
            "y: 3: 7 (14), 4: 7 (14), 2: 3 (6), 5: 2 (4), 0: 0.5 (1) (the greatest of 7)"
        );
        assert_eq!(outputs[0].class(&outputs), None);
        let inputs = numbers("x", &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 1.0);
        assert_eq!(inputs.among(&[]), "x: 1, 2, 3, 4, 5, .. (6 in all)");
        let few = [numbers("z", &[-6.041016, 4.347168], 4096.0)];
        let shown = few[0].among(&few);
        assert_eq!(shown, "z: -6.041016 (-24744), 4.347168 (17806)");
    }
}
