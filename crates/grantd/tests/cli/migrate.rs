//! The schema, from the command line.

use serde_json::Value;

use crate::place::Place;

#[test]
fn status_and_plan_change_nothing_and_run_does_it() {
    let place = Place::new();
    let status = place.run(&["migrate", "status"]).json();
    assert_eq!(
        (&status["schema"], &status["refused"]),
        (&0.into(), &Value::Null)
    );
    let plan = place.run(&["migrate", "plan"]).json();
    let plan = plan.as_array().unwrap();
    assert_eq!(status["known"], plan.len());
    assert_eq!(status["pending"].as_array().unwrap().len(), plan.len());
    for step in plan {
        assert!(!step["locks"].as_str().unwrap().is_empty());
        assert!(!step["statements"].as_array().unwrap().is_empty());
    }
    assert!(!place.path("grantd-data").exists(), "nothing is made");

    let run = place.run(&["migrate", "run"]);
    let after = run.json();
    assert_eq!(after["schema"], after["known"]);
    assert_eq!(after["pending"], Value::Array(vec![]));
    let first = format!("migration 1 of {}, `authorizations`: done in ", plan.len());
    assert!(run.stderr.contains(&first), "{}", run.stderr);
    assert_eq!(place.run(&["migrate", "plan"]).json(), Value::Array(vec![]));
    assert_eq!(place.run(&["migrate", "status"]).json(), after);
    place.user("octocat");
    assert_eq!(place.run(&["migrate", "run"]).json(), after);
}
