//! A program written out in full, for whoever has to trust a stranger's: every operation with what it reads and how, every coefficient,
//! every gather, every table. What only warnings read is left out.

use crate::printable::printable;
use inferproof_program::{Op, Program, Table, Tensor, TensorId};
use std::fmt;

/// A program, to be printed. A node is a line, `%` and its tensor's number; a summand of a linear node is a line of its own.
pub struct Listing<'a>(pub &'a Program);

impl fmt::Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = self.0;
        for (node, tensor) in program.nodes.iter().zip(&program.tensors) {
            write!(f, "%{} {}: ", node.output.0, What(tensor))?;
            operation(f, &node.op)?;
            writeln!(f, "  [{}]", printable(&node.origin))?;
            if let Op::Linear(linear) = &node.op {
                for term in &linear.terms {
                    write!(f, "    {} x ", term.coefficient)?;
                    match term.source {
                        Some(source) => write!(f, "%{}", source.0)?,
                        None => write!(f, "1")?,
                    }
                    for step in term.view.steps() {
                        write!(f, " | {step:?}")?;
                    }
                    writeln!(f)?;
                }
            }
        }
        for (number, table) in program.tables.iter().enumerate() {
            writeln!(f, "table {number}: {}", Function(table))?;
        }
        for meaning in &program.meanings {
            let categories = meaning.categories.iter();
            let categories: Vec<String> = categories.map(|c| format!("{c:?}")).collect();
            write!(
                f,
                "%{} stands for [{}]",
                meaning.tensor.0,
                categories.join(", ")
            )?;
            match meaning.missing {
                Some(missing) => writeln!(f, ", {missing} for a missing value")?,
                None => writeln!(f)?,
            }
        }
        let all = |ids: &[TensorId]| {
            let ids: Vec<String> = ids.iter().map(|id| format!("%{}", id.0)).collect();
            ids.join(", ")
        };
        writeln!(f, "inputs: {}", all(&program.inputs))?;
        writeln!(f, "outputs: {}", all(&program.outputs))?;
        for (output, input) in program.feeds.iter().filter_map(|feed| program.fed(*feed)) {
            writeln!(f, "%{} is the next run's %{}", output.0, input.0)?;
        }
        Ok(())
    }
}

fn operation(f: &mut fmt::Formatter<'_>, op: &Op) -> fmt::Result {
    match op {
        Op::Input => write!(f, "input"),
        Op::Weight => write!(f, "weight"),
        Op::Linear(linear) => write!(f, "sum of {}", linear.terms.len()),
        Op::Contract(c) => write!(
            f,
            "products of %{} and %{}, summed over the last {} axes; {} axes shared, {} and {} free",
            c.left.0, c.right.0, c.contracted, c.shared, c.left_free, c.right_free
        ),
        Op::Rescale(r) => write!(
            f,
            "%{} divided by 2^{}, halves rounded up, kept in the range",
            r.source.0, r.shift
        ),
        Op::Map(m) => write!(f, "table {} of %{}", m.table.0, m.source.0),
        Op::Max(m) => write!(f, "the greater of %{} and %{}", m.left.0, m.right.0),
        Op::OneHot(o) => write!(
            f,
            "1 where the row of %{} has its first maximum",
            o.source.0
        ),
        Op::Indicator(i) => write!(f, "1 at the place that %{} names", i.source.0),
        Op::Root(r) => write!(f, "the square root of %{}, rounded down", r.source.0),
        Op::Quotient(q) => write!(
            f,
            "%{} divided by %{}, rounded down",
            q.dividend.0, q.divisor.0
        ),
    }
}

/// What is declared of a tensor.
struct What<'a>(&'a Tensor);

impl fmt::Display for What<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tensor {
            name,
            shape,
            low,
            high,
            scale_log2,
        } = self.0;
        let name = printable(name);
        write!(
            f,
            "`{name}` {shape:?} from {low} to {high}, times 2^{}",
            -i64::from(*scale_log2)
        )
    }
}

/// A table's values, from its least argument on.
struct Function<'a>(&'a Table);

impl fmt::Display for Function<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "of {} to {}:", self.0.low, self.0.high())?;
        self.0
            .values
            .iter()
            .try_for_each(|value| write!(f, " {value}"))
    }
}
