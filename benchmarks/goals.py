"""What the figures should be: (comparison, goal)."""

GOALS: dict[str, dict[str, tuple[str, float]]] = {
    "search_cost": {
        "weight_step_224": ("<=", 1.00),
        "weight_step_32": ("<=", 1.00),
        "exact_gate_step_224": ("<=", 1.25),
        "exact_gate_step_32": ("<=", 1.70),
        "two_path_step_224": ("<=", 1.10),
        "two_path_step_32": ("<=", 1.25),
        "reinforce_step_224": ("<=", 2.0),
        "reinforce_step_32": ("<=", 2.5),
        "search_epoch_224": ("<=", 1.25),
        "search_epoch_32": ("<=", 1.40),
        "pair_vs_nni_224": ("<=", 0.45),
        "memory_weight": ("<=", 1.05),
        "memory_exact_gate": ("<=", 1.05),
        "memory_two_path": ("<=", 1.08),
        "memory_reinforce": ("<=", 0.6),
        "expected_latency_ms": ("<=", 0.2),
    },
    "demo": {
        "seconds": ("<=", 180),
        "accuracy": (">=", 0.96),
    },
    "kill_resume": {
        "profile_kills": (">=", 1),
        "search_kills": (">=", 1),
        "profile_identical": (">=", 1),
        "search_identical": (">=", 1),
    },
    "few_shot_tables": {
        "raspi4_spearman_10": (">=", 0.93),
        "eyeriss_spearman_10": (">=", 0.98),
        "fpga_spearman_10": (">=", 0.99),
        "mean_27_spearman_20": (">=", 0.91),
    },
}
