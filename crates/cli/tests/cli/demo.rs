//! The README's main job.

use crate::support::Place;

#[test]
fn the_demo_proves_a_digit_and_another_process_verifies_it() {
    let place = Place::new();
    let (code, report) = place.json("demo --digit 3 -o kept");
    assert_eq!(code, 0, "{report}");
    assert_eq!(report["verify"]["verdict"], "accepted");
    assert_eq!(report["answer"], report["label"]);
    assert_eq!(report["verify"]["answer"], report["label"]);
    let verify = "verify --key kept/lenet.model/public kept/digit.proof --context inferproof-demo";
    let run = place.run(verify);
    assert_eq!(run.code, 0, "{run}");
    let run = place.run("demo --digit 1000");
    assert_eq!(run.code, 2);
    assert_eq!(
        run.stderr,
        "error: the bundled digits: sample 1000 was asked for, but there are 1000; count from 0\n"
    );
}
