"""Small spaces for 8x8 grey images, as the texts of TOML files."""

FUSED = """
format = 1
name = "fused"
classes = 10
input = { channels = 1, resolution = 8 }
stem = { width = 8 }
first_block = { width = 8 }
candidates = { expansions = [], kernels = [], operations = ["fused-mbconv"] }
stages = [{ width = 8, depth = 2 }, { width = 16, depth = 2, stride = 2 }]
head = { width = 32 }
"""

GHOSTLY = """
format = 1
name = "ghostly"
classes = 10
input = { channels = 1, resolution = 8 }
stem = { width = 8 }
first_block = { width = 8 }
candidates = { expansions = [2], kernels = [3, 5], operations = ["ghost"] }
stages = [{ width = 8, depth = 2 }, { width = 16, depth = 2, stride = 2 }]
head = { width = 32 }
"""
