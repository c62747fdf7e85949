use proptest::prelude::*;

use crate::there_and_back;

/// Keys as people write them, one or more lines each.
const KEYS: [&str; 9] = [
    "telemetry:\n  enabled: false # quiet\n",
    "run_queue: {max_concurrent_runs: 2}\n",
    "run_coordinator:\n  module: dagster.core.run_coordinator\n  class: QueuedRunCoordinator\n",
    "storage:\n  sqlite:\n    base_dir: \"/opt/ü\"\n",
    "python_logs:\n  managed_python_loggers: [a,\n    'b']\n",
    "text: |\n  compute_logs:\n    class: None\n",
    "retention:\n    schedule:\n        purge_after_days: 90\n\n",
    "run_launcher:\n- a\n- b\n",
    "'sensors' : &s {use_threads: on}\nschedules: *s\n",
];

const LOGS: [&str; 7] = [
    "",
    "compute_logs:\n  module: m\n  class: LocalComputeLogManager\n  config:\n    base_dir: /x\n",
    "compute_logs: {module: m, class: LocalComputeLogManager, config: {base_dir: /x}} # one\n",
    "compute_logs:\n      # deep\n      module: m\n\n      class: X\n   # odd\n",
    "\"compute_logs\":   \n  class: X\n",
    "compute_logs: {\n  class: X,\n  # in\n}\n",
    "compute_logs:\n  class: X\n  config: &c\n    <<: {a: 1}\n    text: >-\n      folded\n\n      on\n",
];

const BETWEEN: [&str; 6] = [
    "",
    "\n",
    "# compute_logs:\n#   class: Old\n",
    "\n\n# \u{fc} \n",
    "   # indented\n",
    "#| odd\n",
];

fn file() -> impl Strategy<Value = String> {
    let keys = proptest::sample::subsequence(KEYS.to_vec(), 0..KEYS.len()).prop_shuffle();
    let between =
        proptest::collection::vec(proptest::sample::select(BETWEEN.to_vec()), KEYS.len() + 2);
    let logs = (proptest::sample::select(LOGS.to_vec()), any::<prop::sample::Index>());
    let frame = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), 0..3_usize);
    (keys, between, logs, frame).prop_map(|(mut keys, between, (logs, at), frame)| {
        keys.insert(at.index(keys.len() + 1), logs);
        let (mark, begins, is_crlf, is_torn, indent) = frame;
        let body: String =
            between.iter().zip(keys.iter().chain([&""])).map(|(b, k)| format!("{b}{k}")).collect();
        let margin = " ".repeat(indent);
        let lines = body.split_inclusive('\n');
        let mut text: String = lines
            .map(|line| if line == "\n" { line.to_owned() } else { format!("{margin}{line}") })
            .collect();
        text.insert_str(0, if begins { "---\n" } else { "" });
        if is_torn {
            text.truncate(text.trim_end_matches('\n').len());
        }
        if is_crlf {
            text = text.replace('\n', "\r\n");
        }
        format!("{}{text}", if mark { "\u{feff}" } else { "" })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_block_that_is_set_and_taken_out_leaves_the_same_bytes(text in file()) {
        let changed = there_and_back(&text);

        let key = changed.lines().filter(|line| line.trim_start().starts_with("compute_logs:"));
        prop_assert!(key.count() >= 1);
    }
}
