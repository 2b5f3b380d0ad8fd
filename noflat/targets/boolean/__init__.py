"""Boolean circuits, and Python functions traced into them."""

from noflat.targets.boolean.aiger import read_aiger as read_aiger
from noflat.targets.boolean.aiger import write_aiger as write_aiger
from noflat.targets.boolean.builder import Builder as Builder
from noflat.targets.boolean.builder import rebuilt as rebuilt
from noflat.targets.boolean.circuits import BooleanCircuit as BooleanCircuit
from noflat.targets.boolean.circuits import Gate as Gate
from noflat.targets.boolean.tables import table_circuit as table_circuit
from noflat.targets.boolean.tables import truth_table as truth_table
from noflat.targets.boolean.tracing import trace as trace
from noflat.targets.boolean.words import Word as Word
from noflat.targets.boolean.words import concatenated as concatenated
from noflat.targets.boolean.words import looked_up as looked_up
from noflat.targets.boolean.words import mux as mux
from noflat.targets.boolean.words import ordered as ordered
