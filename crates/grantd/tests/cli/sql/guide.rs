//! The statements of the guide, as it prints them.

use super::{CLIENT_SECRET, Demo};

#[test]
fn every_statement_of_the_guide_runs() {
    let guide = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/sql.md"));
    let demo = Demo::start();
    let secret = demo.place.file("client_secret", CLIENT_SECRET);
    let secret = format!("secret={secret}");
    let blocks: Vec<&str> = guide
        .split("```sql\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert_eq!(blocks.len(), 3);
    let outputs: Vec<String> = blocks
        .iter()
        .map(|block| {
            let file = demo.place.file("block.sql", block);
            let more = ["--output", "csv", "--param-file", &secret, "--file"];
            let outcome = demo.run(&more, &file);
            assert_eq!(outcome.code, 0, "{block}\n{}", outcome.stderr);
            outcome.stdout + &outcome.stderr
        })
        .collect();
    assert!(outputs[0].contains("update_authorization,authorization_id,EXEC\n"));
    assert!(
        outputs[1].contains("my github app,repo,3\n"),
        "{}",
        outputs[1]
    );
    assert!(outputs[2].ends_with("3 deleted\n"), "{}", outputs[2]);
}
