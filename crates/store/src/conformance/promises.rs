//! Every promise by name, in the order in which they are tried. Owns the list alone.

use super::Case;
use super::flows::{codes, devices, ends, leaks, refresh, settings};
use super::{
    actors, admin, admin_actors, apps, audit, authorizations, chain, counters, edits, grants,
    import, import_apps, last_used, leases, life, lists, mint, notices, own_accounts, passkeys,
    personal_tokens, races, reaping, rotation, salted, search, session_limit, sessions, sign_in,
    tickets, tokens, users, watch,
};

macro_rules! cases {
    ($(#[$doc:meta])* $cases:ident: $( $module:ident { $($name:ident)+ } )+) => {
        $(#[$doc])*
        pub(super) const $cases: &[Case] = &[$($(
            Case {
                name: concat!(stringify!($module), "::", stringify!($name)),
                run: |world| Box::pin($module::$name(world)),
            },
        )+)+];
    };
}

cases! {
    /// All promises but those about flows and browsers.
    CASES:
    users {
        logins_and_addresses_are_unique_in_any_case
        users_are_found_in_any_spelling
        users_are_listed_by_id
        credentials_are_found_by_login_or_verified_address
        a_new_password_raises_the_generation
        a_rehash_needs_the_old_hash_and_keeps_the_generation
        suspending_raises_the_generation_once
        a_second_factor_takes_its_codes_and_steps_along
        deleting_a_user_deletes_all_that_is_theirs
        user_ids_are_never_given_out_again
        a_key_that_cannot_be_stored_is_nobodys
    }
    sign_in {
        a_step_for_once_is_dead_for_both_uses
        a_reusable_step_serves_its_first_address_only
        a_reused_step_is_dead_for_once
        one_of_a_hundred_spends_a_step
        one_of_a_hundred_burns_a_recovery_code
        a_recovery_code_is_bound_to_its_user
        an_address_is_remembered_with_its_latest_time
    }
    counters {
        a_look_up_shows_both_meters_whoever_is_found
        places_are_given_while_there_is_room
        a_place_is_taken_on_all_meters_or_on_none
        places_of_the_dead_are_free_after_ten_seconds
        the_last_failure_locks_and_leaves_one_row
        a_limit_without_a_lock_slides_and_leaves_no_row
        a_success_clears_and_leaves_nothing_behind
        several_meters_settle_at_once
        of_two_hundred_attempts_ten_get_a_place
        of_a_hundred_failures_at_once_none_is_lost
        failing_and_clearing_at_once_loses_no_meter
        counts_add_up_until_their_hour_ends
        counts_are_answered_in_the_order_of_the_question
        of_a_hundred_counts_at_once_none_is_lost
        what_is_over_counts_for_nothing_though_nobody_deletes_it
    }
    apps {
        client_ids_are_unique
        an_app_reads_back_whatever_its_state
        apps_are_listed_by_id
        an_app_needs_an_owner_and_can_change_hands
        a_new_secret_raises_the_generation
        suspending_an_app_raises_the_generation_once
        deleting_an_app_deletes_its_grants_and_tokens
        app_ids_are_never_given_out_again
    }
    authorizations {
        a_created_authorization_reads_back
        a_personal_note_is_unique_with_its_fingerprint
        an_app_fingerprint_is_unique_per_user_and_app
        expired_records_make_room
        nothing_is_created_for_an_app_that_is_gone_or_suspended
        anothers_authorization_looks_missing
        deleting_frees_the_key_and_keeps_the_grant
        authorization_ids_are_never_given_out_again
    }
    mint {
        get_or_create_returns_what_is_there_unchanged
        get_or_create_takes_the_lowest_id_without_a_fingerprint
        get_or_create_passes_over_expired_records
        the_eleventh_token_deletes_the_oldest
        personal_tokens_are_exempt_from_the_ten_tokens_rule
        creations_of_an_hour_are_limited_deleted_ones_included
    }
    edits {
        an_edit_applies_to_the_record_as_it_is
        an_edit_that_changes_nothing_leaves_no_trace
        an_edit_cannot_take_a_taken_key
        an_edit_of_anothers_record_finds_nothing
    }
    lists {
        authorizations_are_paged_by_id
        lists_are_filtered_by_app
        pages_of_a_long_list_follow_every_change
        operators_list_tokens_by_every_filter
    }
    grants {
        a_grant_shows_the_union_of_its_tokens
        a_grant_without_tokens_shows_what_was_consented
        updated_at_moves_only_with_the_set
        anothers_grant_looks_missing
        deleting_a_grant_deletes_its_tokens
        an_app_deletes_the_grant_of_its_token
        grant_ids_are_never_given_out_again
    }
    tokens {
        each_term_of_validity_counts
        a_suspended_owner_is_told_apart
        an_app_is_found_with_or_without_a_token
        another_apps_token_looks_like_none
        eight_equal_bytes_are_not_enough
        a_reset_keeps_the_record_and_replaces_the_token
        a_revoked_token_is_gone_and_its_grant_stays
        an_operator_deletes_any_token
        invalid_tokens_are_neither_reset_nor_revoked
    }
    actors {
        a_user_with_changed_credentials_writes_nothing
        an_app_with_changed_credentials_writes_nothing
        every_stamped_step_is_refused_to_a_stale_actor
    }
    audit {
        every_change_leaves_its_row
        no_change_leaves_no_row
        a_row_says_who_what_when_and_where
        the_trail_is_read_in_slices
        the_first_instance_key_stays
        a_ping_reads_and_writes
        a_closed_store_is_unavailable
    }
    reaping {
        expired_tokens_end_after_their_time_and_others_do_not
        a_batch_is_bounded_and_takes_the_oldest
        the_number_of_tokens_reaches_a_plateau
        reapers_are_in_nobodys_way
    }
    races {
        one_of_two_hundred_get_or_creates_creates
        two_hundred_creators_never_pass_ten_tokens
        creations_of_many_users_do_not_touch_one_another
        one_of_two_hundred_takes_a_note
        one_of_two_resets_succeeds
        a_reset_and_a_revocation_leave_one_outcome
        a_reset_and_a_deleted_grant_leave_one_outcome
        of_concurrent_edits_none_is_lost
        no_check_after_a_revocation_says_valid
        creating_while_the_grant_is_deleted_leaves_no_orphan
    }
}

cases! {
    /// The promises about flows.
    FLOW_CASES:
    codes {
        consent_is_found_with_the_app_its_owner_and_the_grant
        a_consent_creates_or_widens_the_grant
        a_code_needs_an_active_app_and_its_grant
        a_code_is_found_with_what_it_is_bound_to
        a_code_makes_what_was_consented_to_as_far_as_allowed
        a_code_that_is_expired_or_unknown_makes_nothing
        a_replay_deletes_what_the_code_made
        one_of_two_hundred_redemptions_is_issued_something
        codes_obey_the_limits_on_tokens
        a_session_that_ends_takes_its_unused_codes_along
    }
    devices {
        a_user_code_waits_once
        a_wish_is_found_while_it_can_be_decided
        an_approval_widens_the_grant_and_is_given_once
        one_of_a_hundred_decides
        a_poll_says_how_the_device_code_stands
        polling_too_fast_adds_five_seconds_each_time
        of_fifty_polls_at_once_one_is_in_time
        an_approved_device_code_is_spent_once
        device_codes_obey_time_and_limits
    }
    refresh {
        a_refresh_replaces_token_and_refresh_token
        a_refresh_token_is_its_apps_and_ends
        a_family_ends_however_often_it_is_refreshed
        a_repetition_in_time_is_issued_once_more
        a_superseded_refresh_token_ends_its_family
        a_deleted_token_is_not_refreshed
        a_refresh_token_outlives_what_expired_and_was_reaped
        an_edit_of_the_token_is_kept_by_its_refresh_token
        of_fifty_refreshes_at_once_all_are_repetitions
        a_revoked_refresh_token_ends_its_family
        a_refresh_token_is_found_while_it_could_be_exchanged
        sec_s20_what_an_app_ends_is_ended_valid_or_not
    }
    leaks {
        sec_s36_a_leaked_token_is_revoked_whoevers_it_is
        a_leaked_token_does_not_wait_for_its_owner_or_app_to_be_back
        a_leaked_refresh_token_ends_its_family
        what_has_expired_or_is_nothing_leaks_nothing
        one_of_fifty_reports_revokes
    }
    ends {
        sec_s21_a_deleted_grant_takes_everything_along
        an_app_ends_the_grant_of_its_token_with_everything
        other_credentials_of_the_user_end_codes
        a_suspended_user_gets_nothing
        a_suspended_apps_codes_are_gone
        a_deleted_app_or_user_leaves_nothing
        what_has_expired_is_reaped
        a_stale_actor_is_refused
    }
    settings {
        an_app_keeps_its_settings
        an_edit_changes_an_app_as_it_is
        a_replaced_secret_is_accepted_for_a_while
        an_owners_apps_are_listed_and_counted
        a_logo_is_set_replaced_and_removed
    }
}

cases! {
    /// All promises about people in browsers.
    BROWSER_CASES:
    sessions {
        a_session_is_of_the_acting_user
        each_term_of_a_sessions_life_counts
        the_latest_use_of_a_session_stays
        a_fresh_proof_changes_the_secret
        one_of_a_hundred_renews_a_session
        sessions_are_listed_by_their_last_use
        an_ended_session_takes_its_codes_along
        no_code_outlives_its_session
        all_sessions_but_one_end_at_once
        signing_in_while_the_password_changes_leaves_no_old_session
        ended_sessions_and_tickets_are_reaped
    }
    session_limit {
        only_so_many_sessions_of_a_user_stay
        of_forty_who_sign_in_at_once_so_many_stay
    }
    tickets {
        a_ticket_may_be_looked_at_and_is_taken_once
        a_ticket_is_good_for_its_kind_and_until_its_end
        one_of_a_hundred_takes_a_ticket
        a_ticket_is_announced_if_asked
        all_claimants_are_told_of_one_ticket
        a_users_tickets_are_deleted_with_them
    }
    own_accounts {
        an_account_is_found_by_id
        after_a_new_password_the_own_session_goes_on
        after_another_factor_the_own_session_goes_on
        recovery_codes_are_replaced_all_at_once
        a_verified_address_is_set_unless_it_is_taken
        a_language_is_set_and_unset
        a_reset_spends_its_ticket_and_ends_all_sessions
        one_of_a_hundred_resets_a_password
        a_ticket_makes_one_user
        a_setup_ticket_makes_the_first_user_only
        no_step_of_a_browser_is_done_for_a_stale_actor
    }
}

cases! {
    /// All promises about what is kept of credentials for pages.
    KEEPING_CASES:
    watch {
        stock_is_what_has_not_ended
        stock_is_counted_up_to_a_bound
        steps_are_counted_by_kind
        callers_pay_for_their_own_steps
    }
    passkeys {
        a_passkey_reads_back_for_its_user_and_for_a_sign_in
        a_credential_is_one_passkey
        one_of_a_hundred_adds_a_credential
        a_user_has_so_many_passkeys
        after_a_passkey_comes_or_goes_the_own_session_goes_on
        anothers_passkey_looks_missing
        a_counter_goes_up_or_never_counts
        factors_are_reset_together
        passkey_ids_are_never_given_out_again
        passkeys_go_with_their_user
    }
    last_used {
        the_latest_use_stays
        noting_a_use_changes_no_record
        a_use_goes_with_its_authorization_and_stays_at_a_reset
        what_is_gone_is_passed_over
        noting_uses_is_in_nobodys_way
        a_grant_shows_what_stands_behind_it
        all_grants_are_deleted_at_once
    }
    personal_tokens {
        personal_tokens_are_listed_newest_first
        a_regenerated_token_keeps_its_record
        of_concurrent_regenerations_one_token_is_valid
        anothers_and_an_apps_tokens_are_no_personal_ones
    }
    search {
        a_users_events_are_those_about_and_by_the_user
        an_apps_events_are_those_about_and_by_the_app
        rows_about_one_thing_are_listed_from_the_oldest
        events_are_filtered_and_paged_from_the_newest
        users_are_found_by_the_beginning_of_login_or_address
        apps_are_found_by_name_client_id_or_owner
        a_site_admin_is_made_and_unmade_once
        an_admins_power_ends_with_the_demotion
        of_two_admins_who_demote_each_other_one_stays
        no_step_of_pages_is_done_for_a_stale_actor
    }
    admin {
        a_renamed_user_keeps_everything_but_the_login
        one_impersonation_of_a_user_is_left
        the_app_of_impersonations_is_in_no_list_and_outlives_its_owner
        an_impersonation_ends_with_token_grant_or_user
        apps_are_listed_with_their_owners
        an_app_is_administered_in_one_step
        everybodys_personal_tokens_are_listed
    }
    admin_actors {
        sec_s10_an_admin_token_writes_while_token_scope_and_office_hold
        no_step_of_admins_is_done_for_a_stale_actor
        a_reason_stands_in_the_trail
    }
    chain {
        a_row_waits_for_its_seal_from_its_own_step
        what_is_sealed_reads_back_in_the_order_of_seals
        seals_are_added_all_or_none
        checkpoints_are_found_below_and_above
        a_trail_that_was_sealed_is_whole
        sec_s46_two_sealers_at_once_make_one_chain
        sec_s46_a_row_is_signed_within_ten_seconds
    }
    leases {
        a_lease_is_one_holders_until_its_end
        one_of_a_hundred_holds_a_lease
        work_goes_on_where_it_was_left
    }
}

cases! {
    /// All promises about the life of tokens.
    LIFE_CASES:
    life {
        lives_are_gone_through_by_id
        a_token_is_issued_anew_by_reset_and_regeneration_but_not_by_an_edit
        a_life_is_shortened_and_never_lengthened
        only_the_idle_are_deleted_and_their_grants_follow
        a_use_that_is_told_before_the_deletion_saves_the_token
    }
    import {
        a_token_comes_as_it_was_and_is_valid_at_once
        ids_ascend_as_tokens_come
        a_grant_comes_and_grows_with_what_comes_under_it
        what_is_here_stays_as_it_is
        sec_what_has_ended_here_never_comes_back
        sec_an_end_after_the_trail_was_read_counts_too
        what_has_no_place_is_refused
        a_rehearsal_changes_nothing
        an_idle_token_counts_from_its_coming
        limits_of_mints_do_not_count
        one_of_many_concurrent_imports_adds_a_token
    }
    import_apps {
        an_app_comes_with_id_secret_and_dates
    }
    salted {
        a_salted_hash_is_found_by_last_eight_until_it_is_upgraded
        sec_a_salted_hash_goes_with_its_record_and_its_token
    }
    notices {
        tokens_that_end_soon_are_found_by_their_end
        a_notice_is_taken_on_once
    }
    rotation {
        a_rotated_token_and_its_successor_overlap
        rotation_revives_nothing_and_lengthens_nothing
        no_check_during_a_rotation_finds_nothing
    }
}
