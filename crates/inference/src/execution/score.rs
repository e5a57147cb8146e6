//! What is counted over the samples of a batch: right answers, errors, confusions, each in all or within groups (A3).
//!
//! Labels, targets and groups are further inputs, behind the model's own, and the sums further outputs, behind its own. What a single
//! sample adds to them is neither, so that it stays hidden.
//!
//! | measure | further inputs | sums |
//! |---|---|---|
//! | accuracy | `labels`: `[n, ..]`, the output's shape without its last axis | `correct`: `[1]` |
//! | error | `targets`: the output's shape | `error`: `[1]`, the sum of absolute differences |
//! | confusion | `labels` | `confusion`: `[classes, classes]`, by label and answer |
//! | any but confusion, within `g` groups | `groups`: `[n]` | its sum as `[g]`, and `samples`: `[g]` |

use super::ExecutionError;
use inferproof_program::{Builder, Contract, Op, Tensor, TensorId, Term, ValidProgram};
use inferproof_view::Step;
use serde::{Deserialize, Serialize};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Score {
    /// How.
    pub measure: Measure,
    /// Of which output, by its place in the program's list.
    pub output: u32,
    /// Within so many groups, if it is not of all samples together.
    pub groups: Option<u32>,
}

/// How an output is compared with what is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Measure {
    /// How often the greatest entry along the last axis, or the only one's value, is the label.
    Accuracy,
    /// How far the entries are from their targets, in all.
    Error,
    /// How often each class was taken for each.
    Confusion,
}

/// The greatest number of classes or groups: every sample has a code of as many entries.
const MAX_CLASSES: u32 = 1 << 12;

impl Score {
    /// The program with the score behind it. Its tensors have an axis of samples in front.
    pub(super) fn behind(&self, program: ValidProgram) -> Result<ValidProgram, ExecutionError> {
        let refuse = |reason: &str| ExecutionError::Score(reason.to_owned());
        let place = usize::try_from(self.output).unwrap_or(usize::MAX);
        let output = program.outputs.get(place).copied();
        let output = output.ok_or_else(|| refuse("the model has no such output to score"))?;
        let tensor = program.tensor(output).cloned();
        let tensor = tensor.ok_or_else(|| refuse("the output to score does not exist"))?;
        if self
            .groups
            .is_some_and(|groups| !(1..=MAX_CLASSES).contains(&groups))
        {
            return Err(refuse("there are from 1 to 4096 groups"));
        }
        let mut scoring = Scoring {
            samples: tensor.shape.first().copied().unwrap_or(1),
            builder: Builder::behind(program),
            output,
            tensor,
        };
        scoring.builder.at("score");
        match self.measure {
            Measure::Accuracy => scoring.accuracy(self.groups)?,
            Measure::Error => scoring.error(self.groups)?,
            Measure::Confusion if self.groups.is_some() => {
                return Err(refuse("confusions are not counted within groups"));
            }
            Measure::Confusion => scoring.confusion()?,
        }
        Ok(scoring.builder.finish()?)
    }

    /// How many outputs it adds.
    pub(crate) fn sums(&self) -> usize {
        match self.groups {
            None => 1,
            Some(_) => 2,
        }
    }

    /// The name of the further input that says what is right.
    #[must_use]
    pub fn right(&self) -> &'static str {
        match self.measure {
            Measure::Accuracy | Measure::Confusion => "labels",
            Measure::Error => "targets",
        }
    }
}

/// A score in the making.
struct Scoring {
    builder: Builder,
    samples: usize,
    /// What is scored.
    output: TensorId,
    tensor: Tensor,
}

impl Scoring {
    /// How often the answer is the label.
    fn accuracy(&mut self, groups: Option<u32>) -> Result<(), ExecutionError> {
        let per_sample = match self.is_vector() {
            true => {
                let (answers, labels) = self.codes()?;
                // Where both codes have their one, and nowhere else, the product is one.
                let axes = self.tensor.shape.len();
                match groups {
                    None => {
                        let all = self.sum_of_products(answers, labels)?;
                        return self.show(all, "correct");
                    }
                    Some(_) => {
                        let product = self.builder.contract(Contract {
                            left: answers,
                            right: labels,
                            shared: axes - 1,
                            left_free: 0,
                            right_free: 0,
                            contracted: 1,
                        })?;
                        self.builder.rescale(product, 0, 0..=1)?
                    }
                }
            }
            false => self.equal_to_label()?,
        };
        self.add_up(per_sample, groups, "correct")
    }

    /// How far the output is from its target.
    fn error(&mut self, groups: Option<u32>) -> Result<(), ExecutionError> {
        let target =
            self.further_input("targets", &self.tensor.shape.clone(), &self.tensor.clone())?;
        let (over, under) = (
            self.difference(self.output, target)?,
            self.difference(target, self.output)?,
        );
        let distance = self.builder.max(over, under)?;
        self.add_up(distance, groups, "error")
    }

    /// How often each class was taken for each: rows are labels, columns answers.
    fn confusion(&mut self) -> Result<(), ExecutionError> {
        if !self.is_vector() {
            let reason = "confusions are counted of an output with an entry for each class";
            return Err(ExecutionError::Score(reason.into()));
        }
        let (answers, labels) = self.codes()?;
        let flat = |scoring: &mut Self, id| {
            scoring
                .builder
                .read(id, vec![scoring.merged_rows(), Step::Permute(vec![1, 0])])
        };
        let (answers, labels) = (flat(self, answers)?, flat(self, labels)?);
        let counts = self.builder.contract(Contract::matrices(labels, answers))?;
        self.show(counts, "confusion")
    }

    /// Whether the output has an entry for each class.
    fn is_vector(&self) -> bool {
        self.tensor.shape.last().is_some_and(|&n| n > 1) && self.tensor.shape.len() > 1
    }

    /// The codes of answers and of labels, both of the output's shape.
    fn codes(&mut self) -> Result<(TensorId, TensorId), ExecutionError> {
        let (&classes, rows) = self.tensor.shape.split_last().unwrap_or((&1, &[]));
        let count = u32::try_from(classes)
            .ok()
            .filter(|&count| count <= MAX_CLASSES);
        let count = count.ok_or_else(|| {
            ExecutionError::Score(format!(
                "{classes} classes are more than are scored, {MAX_CLASSES}"
            ))
        })?;
        let like = Tensor {
            low: 0,
            high: i64::from(count) - 1,
            scale_log2: 0,
            ..self.tensor.clone()
        };
        let rows = rows.to_vec();
        let labels = self.further_input("labels", &rows, &like)?;
        let labels = self.builder.indicator(labels, classes)?;
        let answers = self.builder.one_hot(self.output)?;
        Ok((answers, labels))
    }

    /// One where a single value is its label.
    fn equal_to_label(&mut self) -> Result<TensorId, ExecutionError> {
        let labels =
            self.further_input("labels", &self.tensor.shape.clone(), &self.tensor.clone())?;
        let mut sum = vec![self.builder.constant(-1, &self.tensor.shape)?];
        for (left, right) in [(self.output, labels), (labels, self.output)] {
            // Of integers, `left >= right` is that `left - right + 1`, cut off at 0 and 1, is 1.
            let difference = self.difference(left, right)?;
            let one = self.builder.constant(1, &self.tensor.shape)?;
            let above = vec![self.builder.term(1, difference, vec![])?, one];
            let above = self.builder.linear(above)?;
            let is_least = self.builder.rescale(above, 0, 0..=1)?;
            sum.push(self.builder.term(1, is_least, vec![])?);
        }
        Ok(self.builder.linear(sum)?)
    }

    fn difference(&mut self, left: TensorId, right: TensorId) -> Result<TensorId, ExecutionError> {
        let terms: Vec<Term> = vec![
            self.builder.term(1, left, vec![])?,
            self.builder.term(-1, right, vec![])?,
        ];
        Ok(self.builder.linear(terms)?)
    }

    /// Adds what every sample has in this tensor, in all or within groups, and shows the sums.
    fn add_up(
        &mut self,
        of: TensorId,
        groups: Option<u32>,
        name: &str,
    ) -> Result<(), ExecutionError> {
        let shape = self
            .builder
            .tensor(of)
            .map(|t| t.shape.clone())
            .unwrap_or_default();
        let flat = |from: usize| Step::Merge {
            axis: 0,
            sizes: shape.get(from..).unwrap_or_default().to_vec(),
        };
        let reduce = |source| Step::Reduce {
            axis: 0,
            source,
            weights: None,
        };
        let one = Step::Insert { axis: 0, len: 1 };
        let Some(groups) = groups else {
            let volume = shape.iter().product();
            let all = self.builder.read(of, vec![flat(0), reduce(volume), one])?;
            return self.show(all, name);
        };
        // One number for each sample.
        let mut steps = Vec::new();
        if shape.len() > 1 {
            let per_sample = shape.iter().skip(1).product();
            let sizes = shape.iter().skip(1).copied().collect();
            steps = vec![
                Step::Merge { axis: 1, sizes },
                Step::Reduce {
                    axis: 1,
                    source: per_sample,
                    weights: None,
                },
            ];
        }
        let of = self.builder.read(of, steps)?;
        let of = match self.builder.is_bilinear(of) {
            // What is made of products is committed before it is multiplied again.
            true => {
                let range = self.builder.tensor(of).map(|t| t.low..=t.high);
                self.builder.rescale(of, 0, range.unwrap_or(0..=0))?
            }
            false => of,
        };
        let classes = usize::try_from(groups).unwrap_or(usize::MAX);
        let like = Tensor {
            low: 0,
            high: i64::from(groups) - 1,
            scale_log2: 0,
            ..self.tensor.clone()
        };
        let group = self.further_input("groups", &[self.samples], &like)?;
        let codes = self.builder.indicator(group, classes)?;
        let by_group = self.builder.read(codes, vec![Step::Permute(vec![1, 0])])?;
        let sums = self.builder.contract(Contract {
            left: by_group,
            right: of,
            shared: 0,
            left_free: 1,
            right_free: 0,
            contracted: 1,
        })?;
        self.show(sums, name)?;
        let sizes = self.builder.read(codes, vec![reduce(self.samples)])?;
        self.show(sizes, "samples")
    }

    /// The sum of all products, entry by entry.
    fn sum_of_products(
        &mut self,
        left: TensorId,
        right: TensorId,
    ) -> Result<TensorId, ExecutionError> {
        let merge = Step::Merge {
            axis: 0,
            sizes: self.tensor.shape.clone(),
        };
        let left = self
            .builder
            .read(left, vec![merge.clone(), Step::Insert { axis: 0, len: 1 }])?;
        let right = self.builder.read(right, vec![merge])?;
        Ok(self.builder.contract(Contract {
            left,
            right,
            shared: 0,
            left_free: 1,
            right_free: 0,
            contracted: 1,
        })?)
    }

    /// All axes but the last as one.
    fn merged_rows(&self) -> Step {
        let rows = self
            .tensor
            .shape
            .split_last()
            .map(|(_, rows)| rows.to_vec());
        Step::Merge {
            axis: 0,
            sizes: rows.unwrap_or_default(),
        }
    }

    /// An input behind the model's own, with the range and unit of another tensor.
    fn further_input(
        &mut self,
        name: &str,
        shape: &[usize],
        like: &Tensor,
    ) -> Result<TensorId, ExecutionError> {
        let name = self.free_name(name);
        let tensor = Tensor {
            name,
            shape: shape.to_vec(),
            ..like.clone()
        };
        Ok(self.builder.add(Op::Input, tensor)?)
    }

    /// An output behind the model's own.
    fn show(&mut self, id: TensorId, name: &str) -> Result<(), ExecutionError> {
        let name = self.free_name(name);
        self.builder.rename(id, &name);
        self.builder.output(id);
        Ok(())
    }

    /// The name, which no input or output of the model has: else it is told apart by a line behind it.
    fn free_name(&self, name: &str) -> String {
        let mut name = name.to_owned();
        let is_taken = |name: &str| {
            let ports = self.builder.inputs.iter().chain(&self.builder.outputs);
            let mut named = ports.filter_map(|&id| self.builder.tensor(id));
            named.any(|tensor| tensor.name == name)
        };
        while is_taken(&name) {
            name.push('_');
        }
        name
    }
}
