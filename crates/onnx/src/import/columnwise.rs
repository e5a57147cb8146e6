//! What scikit-learn's power transformer becomes: a function of one number for each column, with branches of which only one is taken.
//!
//! skl2onnx computes both branches of every entry, `log` and `pow` of numbers for which they are not defined among them, lets an
//! `Imputer` put a number in the place of what is not finite, and multiplies the branch that is not meant by zero. A float model gets
//! away with that; integers have no room for what is not finite. So all nodes between a tensor and what is read of them are taken together:
//! they are one function of each column's numbers, which becomes one table, exact where the branches meet.
//!
//! Only nodes behind an `Imputer` of undefined values are taken together; everything else is imported node by node.

use super::build::places::flat_gather;
use super::domains::{ML, ONNX, canonical};
use super::importer::Importer;
use super::node::describe;
use super::refusal::{Imported, refuse};
use super::value::Value;
use crate::element::Element;
use crate::function::{Comparison, Expression, Function, Operation};
use crate::proto::NodeProto;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Expressions of more operations are not made longer.
const MAX_SIZE: usize = 500;

/// How many tables a node may become.
const MAX_TABLES: usize = 256;

/// What is to be done with the nodes of one graph, by their positions; those that are not named are imported one by one.
#[derive(Default)]
pub struct Columnwise<'a> {
    /// What reads them is taken together with them, so that nothing is left to import.
    pub passed_over: BTreeSet<usize>,
    /// These have an output that is read elsewhere, and are functions of one tensor.
    pub functions: BTreeMap<usize, Columns<'a>>,
}

/// A function of each entry of a tensor, which depends on the entry's column: its place along the last axis.
#[derive(Clone)]
pub struct Columns<'a> {
    /// The name of the tensor.
    of: &'a str,
    formula: Rc<Formula>,
    size: usize,
    /// Whether there is an `Imputer` of undefined values in it.
    is_guarded: bool,
    is_truth: bool,
}

/// An expression in which numbers may differ from column to column.
enum Formula {
    Argument,
    /// One number for all columns, or one for each.
    Numbers(Vec<f64>),
    Apply(Function, Rc<Formula>),
    Combine(Operation, Rc<Formula>, Rc<Formula>),
    Select(Rc<Formula>, Rc<Formula>, Rc<Formula>),
}

impl Formula {
    fn at(&self, column: usize) -> Expression {
        match self {
            Self::Argument => Expression::Argument,
            Self::Numbers(numbers) => {
                let number = match numbers[..] {
                    [number] => Some(number),
                    _ => numbers.get(column).copied(),
                };
                Expression::Number(number.unwrap_or(f64::NAN))
            }
            Self::Apply(function, inner) => inner.at(column).then(function.clone()),
            Self::Combine(operation, left, right) => {
                left.at(column).with(*operation, right.at(column))
            }
            Self::Select(condition, yes, no) => {
                condition.at(column).choose(yes.at(column), no.at(column))
            }
        }
    }

    /// Whether numbers for another count of columns stand in it.
    fn is_of(&self, columns: usize) -> bool {
        match self {
            Self::Argument => true,
            Self::Numbers(numbers) => numbers.len() == 1 || numbers.len() == columns,
            Self::Apply(_, inner) => inner.is_of(columns),
            Self::Combine(_, left, right) => left.is_of(columns) && right.is_of(columns),
            Self::Select(condition, yes, no) => {
                condition.is_of(columns) && yes.is_of(columns) && no.is_of(columns)
            }
        }
    }

    /// Whether something in it is not defined for all numbers.
    fn may_be_undefined(&self) -> bool {
        let is_never_zero =
            |formula: &Self| matches!(formula, Self::Numbers(numbers) if !numbers.contains(&0.0));
        match self {
            Self::Argument | Self::Numbers(_) => false,
            Self::Apply(Function::Ln | Function::Sqrt | Function::Reciprocal, _) => true,
            Self::Combine(Operation::Power, _, _) => true,
            Self::Combine(Operation::Divide, _, divisor) if !is_never_zero(divisor) => true,
            Self::Apply(_, inner) => inner.may_be_undefined(),
            Self::Combine(_, left, right) => left.may_be_undefined() || right.may_be_undefined(),
            Self::Select(condition, yes, no) => [condition, yes, no]
                .iter()
                .any(|part| part.may_be_undefined()),
        }
    }
}

/// An operand of a node: numbers of the model, or a function of a tensor.
struct Operand<'a> {
    of: Option<&'a str>,
    formula: Rc<Formula>,
    size: usize,
    is_guarded: bool,
}

impl<'a> Importer<'a> {
    /// Which nodes of a graph are functions of columns behind an imputer of what is not finite. Its initializers are known.
    pub fn columnwise(&self, nodes: &'a [NodeProto]) -> Columnwise<'a> {
        let mut found = Columnwise::default();
        if !nodes.iter().any(is_guard) {
            return found;
        }
        let mut known: BTreeMap<&str, (usize, Columns<'a>)> = BTreeMap::new();
        for (position, node) in nodes.iter().enumerate() {
            if let ([output], Some(columns)) = (&node.output[..], self.columns(node, &known)) {
                known.insert(output, (position, columns));
            }
        }
        // From the last node on: what is read by nodes that are not imported themselves needs not be there for them.
        let mut spared: BTreeMap<&str, usize> = BTreeMap::new();
        let mut known: Vec<_> = known.into_iter().collect();
        known.sort_by_key(|(_, (position, _))| std::cmp::Reverse(*position));
        for (name, (position, columns)) in known {
            let reads = self.frames.last().map_or(0, |frame| frame.reads(name));
            let is_read = reads > spared.get(name).copied().unwrap_or_default();
            if is_read && !columns.is_guarded {
                continue;
            }
            if is_read {
                found.functions.insert(position, columns);
            } else if reads > 0 {
                found.passed_over.insert(position);
            } else {
                continue;
            }
            let inputs = nodes.get(position).map_or(&[][..], |node| &node.input);
            for input in inputs {
                *spared.entry(input).or_default() += 1;
            }
        }
        if found.functions.is_empty() {
            return Columnwise::default();
        }
        found
    }

    /// What a node makes of the columns of one tensor, if it does nothing else.
    fn columns(
        &self,
        node: &'a NodeProto,
        known: &BTreeMap<&str, (usize, Columns<'a>)>,
    ) -> Option<Columns<'a>> {
        let operands = node.input.iter().map(|name| self.operand_of(name, known));
        let operands = operands.collect::<Option<Vec<_>>>()?;
        let mut tensors = operands.iter().filter_map(|operand| operand.of);
        let of = tensors.next()?;
        if !tensors.all(|other| other == of) {
            return None;
        }
        let size = 1 + operands.iter().map(|operand| operand.size).sum::<usize>();
        let mut is_guarded = operands.iter().any(|operand| operand.is_guarded);
        let mut formulas = operands.into_iter().map(|operand| operand.formula);
        let formula = match (formulas.next(), formulas.next(), formulas.next()) {
            (Some(only), None, None) if canonical(&node.domain) == ML => {
                is_guarded |= is_guard(node) && only.may_be_undefined();
                imputed(node, only)?
            }
            (Some(only), None, None) => of_one(node, only)?,
            (Some(left), Some(right), None) => {
                Rc::new(Formula::Combine(of_two(node)?, left, right))
            }
            _ => return None,
        };
        (size <= MAX_SIZE).then_some(Columns {
            of,
            formula,
            size,
            is_guarded,
            is_truth: matches!(
                node.op_type.as_str(),
                "Less" | "LessOrEqual" | "Greater" | "GreaterOrEqual" | "Equal" | "Not"
            ) || casts_to(node) == Some(Element::Bool),
        })
    }

    fn operand_of(
        &self,
        name: &'a str,
        known: &BTreeMap<&str, (usize, Columns<'a>)>,
    ) -> Option<Operand<'a>> {
        if let Some((_, columns)) = known.get(name) {
            return Some(Operand {
                of: Some(columns.of),
                formula: columns.formula.clone(),
                size: columns.size,
                is_guarded: columns.is_guarded,
            });
        }
        let (of, formula) = match self.value(name) {
            Some(Value::Constant(tensor)) => {
                let (last, others) = match tensor.shape().split_last() {
                    Some((&last, others)) => (last, others),
                    None => (1, &[][..]),
                };
                let is_row = tensor.element().is_float() && others.iter().all(|&len| len == 1);
                let numbers = tensor.reals().filter(|_| is_row && last > 0)?;
                (None, Formula::Numbers(numbers))
            }
            _ if name.is_empty() => return None,
            _ => (Some(name), Formula::Argument),
        };
        Some(Operand {
            of,
            formula: Rc::new(formula),
            size: 1,
            is_guarded: false,
        })
    }

    /// The output of a node that is a function of columns: a table for each function among them.
    pub fn of_columns(&mut self, node: &NodeProto, columns: &Columns<'_>) -> Imported<Vec<Value>> {
        let origin = describe(node);
        let (source, element) = match self.value(columns.of) {
            Some(Value::Computed { layer, element }) if element.is_float() => (*layer, *element),
            _ => {
                return refuse(
                    "powers, logarithms and imputers in a row of what is no tensor of reals: cast it to float",
                );
            }
        };
        let shape = self.graph.shape(source).to_vec();
        let width = shape.last().copied().unwrap_or(1);
        if !columns.formula.is_of(width) {
            return refuse(format!(
                "a tensor of {width} columns meets numbers for another count of them"
            ));
        }
        let mut functions: Vec<(Expression, Vec<usize>)> = Vec::new();
        for column in 0..width {
            let expression = columns.formula.at(column);
            match functions.iter_mut().find(|(known, _)| *known == expression) {
                Some((_, members)) => members.push(column),
                None => functions.push((expression, vec![column])),
            }
        }
        if functions.len() > MAX_TABLES {
            return refuse(format!(
                "a function of its own for each of {} columns; at most {MAX_TABLES} are supported",
                functions.len()
            ));
        }
        let element = match columns.is_truth {
            true => Element::Bool,
            false => element,
        };
        if let [(expression, _)] = &functions[..] {
            let function = Function::from(expression.clone());
            let layer = self.graph.apply(&origin, source, function);
            return Ok(vec![Value::computed(layer, element)]);
        }
        let entries = shape.iter().product::<usize>();
        let mut terms = Vec::new();
        for (expression, members) in functions {
            let places = (0..entries).filter(|place| members.contains(&(place % width)));
            let places: Vec<usize> = places.collect();
            let own = places.iter().map(|&place| u32::try_from(place).ok());
            let read = flat_gather(&shape, own.collect(), &[places.len()]);
            let read = self.graph.view(&origin, source, read)?;
            let applied = self.graph.apply(&origin, read, Function::from(expression));
            let mut back = vec![None; entries];
            for (position, &place) in (0u32..).zip(&places) {
                back[place] = Some(position);
            }
            let back = flat_gather(&[places.len()], back, &shape);
            terms.push(self.graph.summand(1.0, applied, back)?);
        }
        let layer = self.graph.sum(&origin, terms);
        Ok(vec![Value::computed(layer, element)])
    }
}

fn float(node: &NodeProto, name: &str) -> f32 {
    let attribute = node.attribute.iter().find(|a| a.name == name);
    attribute.map_or(0.0, |a| a.f)
}

/// Whether a node puts numbers in the place of what is not finite.
fn is_guard(node: &NodeProto) -> bool {
    canonical(&node.domain) == ML
        && node.op_type == "Imputer"
        && !float(node, "replaced_value_float").is_finite()
}

/// An imputer, of reals.
fn imputed(node: &NodeProto, of: Rc<Formula>) -> Option<Rc<Formula>> {
    let numbers = node
        .attribute
        .iter()
        .find(|a| a.name == "imputed_value_floats");
    let numbers: Vec<f64> = numbers?.floats.iter().map(|&v| v.into()).collect();
    if node.op_type != "Imputer" || numbers.is_empty() {
        return None;
    }
    let apply = |function, inner: &Rc<Formula>| Rc::new(Formula::Apply(function, inner.clone()));
    let replaced = f64::from(float(node, "replaced_value_float"));
    let is_replaced = if replaced.is_nan() {
        apply(Function::Missing, &of)
    } else if replaced.is_infinite() {
        // A difference from infinity would be none: of an infinite number the inverse is zero.
        let inverse = apply(Function::Reciprocal, &of);
        let is_infinite = apply(Function::Compare(Comparison::Equal), &inverse);
        let side = match replaced > 0.0 {
            true => Comparison::Greater,
            false => Comparison::Less,
        };
        let has_side = apply(Function::Compare(side), &of);
        Rc::new(Formula::Combine(Operation::And, is_infinite, has_side))
    } else {
        let number = Rc::new(Formula::Numbers(vec![replaced]));
        let equal = Operation::Compare(Comparison::Equal);
        Rc::new(Formula::Combine(equal, of.clone(), number))
    };
    let numbers = Rc::new(Formula::Numbers(numbers));
    Some(Rc::new(Formula::Select(is_replaced, numbers, of)))
}

/// The type that a node casts to.
fn casts_to(node: &NodeProto) -> Option<Element> {
    let to = node.attribute.iter().find(|a| a.name == "to");
    let to = to.filter(|_| node.op_type == "Cast")?;
    Element::of(i32::try_from(to.i).ok()?)
}

fn of_one(node: &NodeProto, of: Rc<Formula>) -> Option<Rc<Formula>> {
    if canonical(&node.domain) != ONNX {
        return None;
    }
    let function = match node.op_type.as_str() {
        "Log" => Function::Ln,
        "Exp" => Function::Exp,
        "Abs" => Function::Abs,
        "Sqrt" => Function::Sqrt,
        "Reciprocal" => Function::Reciprocal,
        "Not" => Function::Compare(Comparison::Equal),
        "Cast" => match casts_to(node)? {
            Element::Bool => Function::Compare(Comparison::NotEqual),
            // Of truth values and reals: the same numbers.
            Element::Float | Element::Double => return Some(of),
            _ => return None,
        },
        "Neg" => {
            let zero = Rc::new(Formula::Numbers(vec![0.0]));
            return Some(Rc::new(Formula::Combine(Operation::Subtract, zero, of)));
        }
        _ => return None,
    };
    Some(Rc::new(Formula::Apply(function, of)))
}

fn of_two(node: &NodeProto) -> Option<Operation> {
    if canonical(&node.domain) != ONNX {
        return None;
    }
    Some(match node.op_type.as_str() {
        "Add" => Operation::Add,
        "Sub" => Operation::Subtract,
        "Mul" => Operation::Multiply,
        "Div" => Operation::Divide,
        "Pow" => Operation::Power,
        "Less" => Operation::Compare(Comparison::Less),
        "LessOrEqual" => Operation::Compare(Comparison::LessOrEqual),
        "Greater" => Operation::Compare(Comparison::Greater),
        "GreaterOrEqual" => Operation::Compare(Comparison::GreaterOrEqual),
        "Equal" => Operation::Compare(Comparison::Equal),
        _ => return None,
    })
}
