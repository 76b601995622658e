//! `bench-ours [PROGRAM] [REPEATS] [SCALE]`: nanoseconds per unit, natively.
use bench_ours::PROGRAMS;
use std::time::Instant;

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let wanted = words.get(1).map_or("all", String::as_str);
    let repeats: usize = words.get(2).map_or(5, |word| word.parse().expect("REPEATS is a number"));
    let scale: f64 = words.get(3).map_or(1.0, |word| word.parse().expect("SCALE is a number"));
    for program in PROGRAMS.iter().filter(|program| wanted == "all" || program.name == wanted) {
        let units = ((program.units as f64 * scale) as u64).max(1);
        let mut times: Vec<f64> = (0..repeats)
            .map(|_| {
                let (mut world, expect) = (program.run)(units);
                let begun = Instant::now();
                world.go(expect);
                let ns = begun.elapsed().as_nanos() as f64 / units as f64;
                world.check();
                ns
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!("{:18} best {:7.1} ns  med {:7.1} ns", program.name, times[0], times[times.len() / 2]);
    }
}
