//! Shapes, hashes and checksums, held to published values.

use super::*;
use crate::entropy::SeededEntropy;
use proptest::prelude::*;

fn format() -> TokenFormat {
    TokenFormat::new("gt", false, false).unwrap()
}

#[test]
fn hashes_and_last_eight_equal_the_published_pairs() {
    for (token, hash, last) in [
        (
            "abcdefgh12345678",
            "25f94a2a5c7fbaf499c665bc73d67c1c87e496da8985131633ee0a95819db2e8",
            "12345678",
        ),
        (
            "eef705f503b4053517ac55a99206feece1e48fab",
            "f41b865a3aa1ec9af88fcfaee7770f02953eaf1039a8d817fe098312fa1a57eb",
            "e1e48fab",
        ),
        (
            "2c6fffcc097cc3a3de4148bcb51fabad0e4e2912",
            "ab8727e18d3110e3bdd6e3ae0948f7612b4615c8c8b438705344b74b0da1a545",
            "0e4e2912",
        ),
        (
            "35335cc431caaaeb0a084e9dc43e73e87ef262a3",
            "0c901ddc355c8e3982afa5215205628d79341b58473b45a6f92a32e49b9dad4f",
            "7ef262a3",
        ),
        (
            "55b2bc7d744dc01067c389c65fbe4bbca5fb9357",
            "51c4d57c261d311e9aed0255173d8f2de29930afc3fcf487be2e1f101760340a",
            "a5fb9357",
        ),
        (
            "63042a99d88bf138e6d6cf5788e0dc4e7a5d7309",
            "12b727a23cad7c5a5caabb806d88e722794dede98464aed7f77cbc00dbf031a2",
            "7a5d7309",
        ),
    ] {
        let token = Token(token.to_owned());
        assert_eq!(token.hash().to_string(), hash);
        assert_eq!(token.last_eight().0, last);
        assert_eq!(TokenHash::parse(hash), Some(token.hash()));
    }
}

#[test]
fn checksums_equal_the_published_vectors() {
    for (random, expected) in [
        ("zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", "0mLq17"),
        (&"A".repeat(30), "0uCPlr"),
        ("adE7dp8rHP6gUTuPwxLTZjZdtya3sV", "0UQzQM"),
        ("H3xbiBdlzffNx7Y56iNsPw3joObj7U", "2nO29h"),
        (&"0".repeat(30), "2C8GjS"),
        (&"a".repeat(30), "1yLcDB"),
        (&"z".repeat(30), "4IlJEz"),
    ] {
        assert_eq!(checksum(random), expected, "{random}");
    }
}

#[test]
fn a_minted_token_is_forty_characters_and_parses() {
    let entropy = SeededEntropy::new(1);
    for kind in [
        TokenKind::Personal,
        TokenKind::OAuthApp,
        TokenKind::UserToServer,
        TokenKind::Refresh,
    ] {
        let token = format().generate(kind, &entropy);
        assert_eq!(token.expose().len(), 40);
        assert!(token.expose().starts_with(&format!("gt{}_", kind.letter())));
        assert!(format().parse(token.expose()).is_some());
        assert_eq!(format().kind(&token), Some(kind));
    }
    let hex = TokenFormat::new("gt", true, false).unwrap();
    let token = hex.generate(TokenKind::Refresh, &entropy);
    assert_eq!(hex.kind(&token), None, "nothing tells");
}

#[test]
fn github_prefixes_are_looked_up_and_wrong_checksums_are_not() {
    assert!(
        format()
            .parse("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")
            .is_some()
    );
    assert!(
        format()
            .parse("gtp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17")
            .is_some()
    );
    assert!(
        format()
            .parse("ghp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18")
            .is_none()
    );
    assert!(
        format()
            .parse("ghp_16C7e42F292c6912E7710c838347Ae178B4a")
            .is_none()
    );
    assert!(
        format()
            .parse("ghx_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17")
            .is_none()
    );
}

#[test]
fn hex_tokens_are_looked_up_only_where_enabled() {
    let hex = "eef705f503b4053517ac55a99206feece1e48fab";
    assert!(format().parse(hex).is_none());
    assert!(
        TokenFormat::new("gt", false, true)
            .unwrap()
            .parse(hex)
            .is_some()
    );
    let old = TokenFormat::new("gt", true, false).unwrap();
    let minted = old.generate(TokenKind::Personal, &SeededEntropy::new(3));
    assert!(is_hex_shape(minted.expose()));
    assert!(old.parse(minted.expose()).is_some());
    assert!(old.parse(&hex.to_uppercase()).is_none());
}

#[test]
fn foreign_tokens_are_looked_up_only_where_their_shape_is_declared() {
    let foreign = "yk3mN0_8sGdZkTq1VwXc-Lr5uJhB2aPeOi7fYtR4Q9E";
    assert!(format().parse(foreign).is_none());
    let shape = ForeignShape::parse("base64url:43").unwrap();
    let declared = format().with_foreign(vec![shape]);
    let token = declared.parse(foreign).unwrap();
    assert_eq!(declared.kind(&token), None);
    assert!(!declared.has_checked_shape(foreign), "it may be a password");
    assert!(declared.parse(&foreign[1..]).is_none());
}

#[test]
fn prefixes_that_could_not_be_told_apart_are_refused() {
    for prefix in ["", "g_t", "elevenchars", "é"] {
        assert!(
            TokenFormat::new(prefix, false, false).is_err(),
            "{prefix:?}"
        );
    }
}

proptest! {
    #[test]
    fn parsing_never_panics_and_accepts_only_right_checksums(text in "\\PC{0,60}") {
        if format().parse(&text).is_some() {
            prop_assert!(format().has_checked_shape(&text));
        }
    }
}
