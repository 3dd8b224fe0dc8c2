//! What idle instances cost. A test program of its own, since it measures the processor time of the whole process.

use std::time::Duration;

use engine::decode::Pool;
use engine::instrument;
use support::fake::{Fake, Timbre};
use support::script::{Script, point};
use support::wait::wait_until;

/// Instances of the test.
const INSTANCES: usize = 64;
/// Share of a core that all of them may take together.
const IDLE_LIMIT: f64 = 0.001;
/// Room for a machine that other programs use as well, and for a build without optimisation.
const NOISE_FACTOR: f64 = if cfg!(debug_assertions) { 10.0 } else { 3.0 };

/// How often and for how long it is looked: what disturbs one look is over by another, what idle instances cost is there in each.
const WINDOWS: usize = 3;
const WINDOW: Duration = Duration::from_secs(2);

/// Processor time of this process so far, in seconds. Linux alone tells it in a file.
fn processor_time_s() -> Option<f64> {
    // First field: time on the processor, in nanoseconds, of each thread.
    let tasks = std::fs::read_dir("/proc/self/task").ok()?;
    let times = tasks.flatten().filter_map(|task| {
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<f64>().ok()
    });
    Some(times.sum::<f64>() / 1e9)
}

/// Share of a core that this process takes over the next while; none where nobody tells.
fn share_of_core(window: Duration) -> Option<f64> {
    let before = processor_time_s()?;
    std::thread::sleep(window);
    Some((processor_time_s()? - before) / window.as_secs_f64())
}

#[test]
fn idle_instances_cost_next_to_nothing() {
    let pool = Pool::new(2).expect("threads");
    let mut rigs: Vec<_> =
        (0..INSTANCES).map(|_| instrument::create_with_source(&pool, Box::new(Fake::new(Timbre::Sine).0))).collect();
    wait_until("all are decoded", || {
        for (synth, _) in &mut rigs {
            Script::still(point(0.0), Vec::new(), 6_400).play(synth, 6_400);
        }
        rigs.iter().all(|(_, instance)| instance.status().decodes >= 3)
    });
    // Busy for a second after the last request, then idle for two before the poller slows down.
    std::thread::sleep(Duration::from_millis(3_300));
    let shares = (0..WINDOWS).map_while(|_| share_of_core(WINDOW));
    let Some(share) = shares.reduce(f64::min) else { return };
    println!("{INSTANCES} idle instances take {:.4} % of a core", share * 100.0);
    assert!(share < IDLE_LIMIT * NOISE_FACTOR, "{INSTANCES} idle instances take {:.3} % of a core", share * 100.0);
}
