"""The kinds of models that can be learned, and their options."""

from rulegen.models.registry import KINDS as KINDS
from rulegen.models.registry import LEVELS as LEVELS
from rulegen.models.registry import Kind as Kind
from rulegen.models.registry import Option as Option
from rulegen.models.registry import kind_names as kind_names
from rulegen.models.registry import option_names as option_names
