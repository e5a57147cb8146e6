//! What a model card says of secret weights: errors with two digits. With all their digits they would confirm a guess of the weights, for
//! whoever has the calibration data.

use inferproof_onnx::{Accuracy, Agreement, ColumnError, CompileReport, Warning};

/// Of the calibration.
pub(crate) fn report(report: &mut CompileReport) {
    agreement(&mut report.agreement);
    for trial in &mut report.trials {
        trial.relative_error = two_digits(trial.relative_error);
    }
}

/// Of the evaluation.
pub(crate) fn accuracy(accuracy: &mut Accuracy) {
    agreement(&mut accuracy.agreement);
}

/// Of a warning that was made from the exact errors.
pub(crate) fn warning(warning: &mut Warning) {
    match warning {
        Warning::Error { column, .. } => worst(column),
        Warning::FewSamples { .. } | Warning::Answers { .. } => {}
    }
}

fn agreement(agreement: &mut Agreement) {
    for error in [
        &mut agreement.relative_error,
        &mut agreement.max_abs_error,
        &mut agreement.mean_abs_error,
        &mut agreement.top1_margin,
    ] {
        *error = two_digits(*error);
    }
    agreement.worst.iter_mut().for_each(worst);
}

fn worst(column: &mut ColumnError) {
    for number in [
        &mut column.max_abs_error,
        &mut column.size,
        &mut column.relative_error,
    ] {
        *number = two_digits(*number);
    }
}

/// The next greater number with two significant digits: no error is said to be less than it is.
fn two_digits(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let exponent = value.abs().log10().floor() as i32 - 1;
    let digits = (value / 10f64.powi(exponent)).ceil();
    // What two digits say is read as it is written: a product would have others behind them.
    format!("{digits}e{exponent}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::two_digits;

    #[test]
    fn two_digits_are_left_and_no_error_gets_less() {
        for (exact, shown) in [
            (0.0, 0.0),
            (0.012_345, 0.013),
            (0.012, 0.012),
            (0.0996, 0.1),
            (123.456, 130.0),
            (9.99e-7, 1e-6),
            (1.0, 1.0),
        ] {
            let said = two_digits(exact);
            assert!((said - shown).abs() <= 1e-9 * shown, "{exact}: {said}");
            assert!(
                said.to_string().trim_matches(['0', '.']).len() <= 2,
                "{said}"
            );
        }
        let mut value = 1e-9;
        while value < 1e9 {
            let said = two_digits(value);
            assert!(
                said >= value * (1.0 - 1e-12) && said <= value * 1.1001,
                "{value}: {said}"
            );
            value *= 1.003;
        }
    }
}
