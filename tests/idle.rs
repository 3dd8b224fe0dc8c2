//! What idle instances cost. A test program of its own, since it measures the processor time of the whole process.

use std::sync::Arc;
use std::time::Duration;

use cpu_time::ProcessTime;
use engine::decode::Pool;
use engine::instrument;
use support::fake::{Fake, Timbre};
use support::script::{Script, point};
use support::wait::wait_until;

/// Instances of the test.
const INSTANCES: usize = 64;
/// Share of a core that all of them may take together: the goal of DESIGN.md section 7, without an allowance.
const IDLE_LIMIT: f64 = 0.001;

/// How often and for how long it is measured. The least of the windows counts: other work of the machine (page faults, interrupts charged
/// to the process) comes and goes, what idle instances cost is there in each. 2 s hold two rounds of the slowest poll interval.
const WINDOWS: usize = 5;
const WINDOW: Duration = Duration::from_secs(2);

/// Least share of a core that this process takes over a window.
fn least_share_of_core() -> f64 {
    let shares = (0..WINDOWS).map(|_| {
        let before = ProcessTime::now();
        std::thread::sleep(WINDOW);
        before.elapsed().as_secs_f64() / WINDOW.as_secs_f64()
    });
    shares.fold(f64::INFINITY, f64::min)
}

#[test]
#[cfg_attr(debug_assertions, ignore = "the limit is that of an optimised build")]
fn idle_instances_cost_next_to_nothing() {
    let without = least_share_of_core();
    let pool = Pool::new(2).expect("threads");
    let mut rigs: Vec<_> = (0..INSTANCES)
        .map(|_| instrument::create_with_source(&pool, Arc::new(Fake::new(Timbre::Sine).0), Arc::default()))
        .collect();
    wait_until("all are decoded", || {
        for (synth, _) in &mut rigs {
            Script::still(point(0.0), Vec::new(), 6_400).play(synth, 6_400);
        }
        rigs.iter().all(|(_, instance)| instance.status().decodes >= 3)
    });
    // Busy for a second after the last request, then idle for two before the poller slows down.
    std::thread::sleep(Duration::from_millis(3_300));
    let share = least_share_of_core() - without;
    println!(
        "{INSTANCES} idle instances take {:.4} % of a core, the process without them {:.4} %",
        share * 100.0,
        without * 100.0
    );
    assert!(share <= IDLE_LIMIT, "{INSTANCES} idle instances take {:.3} % of a core", share * 100.0);
}
