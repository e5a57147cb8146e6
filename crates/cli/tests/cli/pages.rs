//! `report`: where pages lie, what verdict they tell, and that they replace nothing.

use crate::support::Place;

#[test]
fn a_page_of_a_model_and_of_its_parts() {
    let place = Place::with_model();
    for (file, page) in [
        ("credit.model", "a.html"),
        ("credit.model/public", "b.html"),
        ("credit.model/public/verifying.key", "c.html"),
    ] {
        let (code, report) = place.json(&format!("report {file} -o {page}"));
        assert_eq!((code, report["page"].as_str()), (0, Some(page)));
        let text = String::from_utf8(place.read(page)).unwrap();
        assert_eq!(report["page_bytes"], text.len());
        // The card beside the key is found, and has what was tried.
        assert!(text.contains("Compiled from") && text.contains("(chosen)"));
    }
}

#[test]
fn the_verdict_is_that_of_verify() {
    let place = Place::with_model();
    let key = "--key credit.model/public";
    for (arguments, code, verdict) in [
        ("-o none.html".to_owned(), 0, "not verified"),
        (format!("{key} --context nonce -o yes.html"), 0, "accepted"),
        (format!("{key} --context other -o no.html"), 1, "rejected"),
        (
            format!("{key} --context nonce --input input.json -o same.html"),
            0,
            "accepted",
        ),
    ] {
        let (ended, report) = place.json(&format!("report credit.proof {arguments}"));
        assert_eq!((ended, report["verdict"].as_str()), (code, Some(verdict)));
    }
    assert!(
        !String::from_utf8(place.read("none.html"))
            .unwrap()
            .contains("Accepted")
    );
    let run = place.run(&format!("report model.onnx {key} -o onnx.html"));
    assert_eq!(run.code, 2, "{run}");
}

#[test]
fn names_of_classes_come_from_a_file() {
    let place = Place::with_model();
    place.write("classes.txt", "refused\ngranted\n");
    let line = "report credit.proof --key credit.model/public --context nonce --labels classes.txt -o page.html";
    let run = place.run(line);
    assert_eq!(run.code, 0, "{run}");
    let page = String::from_utf8(place.read("page.html")).unwrap();
    assert!(page.contains("granted") && page.contains("Names are from classes.txt"));
}

#[test]
fn nothing_is_replaced_without_force() {
    let place = Place::with_model();
    place.write("page.html", "mine");
    let run = place.run("report credit.model -o page.html");
    assert_eq!(run.code, 2, "{run}");
    assert_eq!(place.read("page.html"), b"mine");
    assert_eq!(
        place.run("report credit.model -o page.html --force").code,
        0
    );
    let key = place.read("credit.model/public/verifying.key");
    let run = place.run("report credit.model -o credit.model/public/verifying.key --force");
    assert_eq!(run.code, 2, "{run}");
    assert_eq!(place.read("credit.model/public/verifying.key"), key);
}
