//! What the operating system says of this process. Owns how `/proc` is read;
//! where there is none, nothing is said.

use std::fs;

/// What the system says, each if it does.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Process {
    pub(super) resident_bytes: Option<u64>,
    pub(super) open_files: Option<u64>,
    pub(super) most_files: Option<u64>,
    pub(super) threads: Option<u64>,
}

impl Process {
    pub(super) fn look() -> Self {
        let read = |file: &str| fs::read_to_string(format!("/proc/self/{file}")).ok();
        let (status, limits) = (read("status"), read("limits"));
        let status = status.as_deref();
        // In kB, whatever the size of a page.
        let resident = status.and_then(|text| number_after(text, "VmRSS:"));
        Self {
            resident_bytes: resident.map(|kilobytes| kilobytes * 1_024),
            open_files: fs::read_dir("/proc/self/fd")
                .ok()
                .map(|files| files.count() as u64),
            most_files: limits.and_then(|text| number_after(&text, "Max open files")),
            threads: status.and_then(|text| number_after(text, "Threads:")),
        }
    }
}

fn number_after(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_and_files() {
        let process = Process::look();
        assert!(process.resident_bytes.unwrap() > 1 << 20);
        assert!(process.open_files.unwrap() > 2);
        assert!(process.most_files.unwrap() > process.open_files.unwrap());
        assert!(process.threads.unwrap() >= 1);
    }

    #[test]
    fn numbers_stand_after_their_names() {
        assert_eq!(number_after("a\nThreads:\t12\n", "Threads:"), Some(12));
        assert_eq!(
            number_after("VmRSS:\t   12480 kB\n", "VmRSS:"),
            Some(12_480)
        );
        assert_eq!(
            number_after("Max open files unlimited", "Max open files"),
            None
        );
    }
}
